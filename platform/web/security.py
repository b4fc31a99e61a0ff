"""Headers of every answer: a strict content security policy with nonces, no sniffing, no framing, HSTS in production."""

import secrets

from flask import Flask, Response, g, request

from config import Settings

_POLICY = (
    "default-src 'none'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "style-src 'self' 'nonce-{nonce}'; script-src 'self' 'nonce-{nonce}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def csp_nonce() -> str:
    """The nonce of this request, made when a template first asks for it."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def install(app: Flask, settings: Settings) -> None:
    """Add the headers after each request; a route may have set a stricter policy of its own (file downloads)."""

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=csp_nonce()))
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "geolocation=(), microphone=(), payment=(), usb=()"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if settings.environment == "production":
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if request.endpoint != "static":
            # Pages hold personal data: no shared or back-button cache of a signed-out browser.
            response.headers.setdefault("Cache-Control", "no-store")
        return response
