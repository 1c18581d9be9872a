"""What drf-spectacular is told beside the schema itself: words, envelopes, bulk forms, who may."""
