"""The delivering side: the relay that routes and delivers, and the worker that runs the jobs on Twilio's side."""
