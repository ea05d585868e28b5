"""PURE. Twilio's resources as its REST API gives them: read defensively, since lists and samples leave members out."""
