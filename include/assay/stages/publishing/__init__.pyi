from ._publish import apply_publish, plan_publish, published_datasets

__all__ = ["apply_publish", "plan_publish", "published_datasets"]
