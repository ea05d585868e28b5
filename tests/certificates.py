"""Certificates of the tests' own authority, made in memory."""

import datetime as dt
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from service.attempt.egress import trust

_DAY = dt.timedelta(days=1)
_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """Signs certificates for any name; nobody but the tests trusts it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._certified("the tests' authority", self._key.public_key(), authority=True)

    def trusted(self) -> ssl.SSLContext:
        """Return the client's side as the program makes it, with this authority beside the system's."""
        context = trust()
        context.load_verify_locations(cadata=self._certificate.public_bytes(Encoding.PEM).decode())
        return context

    def server(self, name: str) -> ssl.SSLContext:
        """Return the server's side of one that may call itself by this name."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certified(name, key.public_key(), authority=False)
        pem = certificate.public_bytes(Encoding.PEM)
        pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "server.pem")
            file.write_bytes(pem)
            context.load_cert_chain(file)
        return context

    def _certified(self, name: str, key: ec.EllipticCurvePublicKey, *, authority: bool) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the tests' authority")])
        builder = (
            x509.CertificateBuilder(issuer, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
        # Newer Pythons verify strictly (RFC 5280): an authority says what its key is for.
        more = _USAGE if authority else x509.SubjectAlternativeName([x509.DNSName(name)])
        return builder.add_extension(more, critical=authority).sign(self._key, hashes.SHA256())
