"""The rules of the house as code: tools/tidy runs them over the whole project."""
