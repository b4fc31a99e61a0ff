"""The web shell: app factory, security, access lists, navigation, error pages."""
