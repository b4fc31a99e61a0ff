"""The demonstration: a programme's own history up to different stages, made through the verbs that the pages call."""
