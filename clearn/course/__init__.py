"""The wing of the course: what its notebooks and its classroom are furnished with. The library never imports it."""
