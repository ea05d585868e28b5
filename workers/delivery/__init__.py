"""One delivery from the endpoint's stream to the subscriber: schedule and signing PURE, lanes and sender I/O."""
