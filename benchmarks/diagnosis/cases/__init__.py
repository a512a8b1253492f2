"""The cases, by what ails them."""
