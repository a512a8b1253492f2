"""HTTP: the only package that knows of it. `service.api.app.create_app` is the composition root."""
