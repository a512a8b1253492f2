"""A job as a run of an MLflow server, over its REST API: nothing of MLflow is needed here."""
