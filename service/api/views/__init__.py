"""The shapes of the answers, for the OpenAPI document; tests hold every answer to them."""
