"""A throw-away certificate authority and what it signs; nothing here outlives its bed."""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both PEM."""

    certificate: str
    key: str


def key_pem(key: CertificateIssuerPrivateKeyTypes) -> str:
    """A private key as unencrypted PKCS 8 PEM."""
    encoding, container = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, container, serialization.NoEncryption()).decode()


def public_pem(private_pem: str) -> str:
    """The public half of a private key, as PEM."""
    key = serialization.load_pem_private_key(private_pem.encode(), None)
    encoding, container = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, container).decode()


def signing_key() -> str:
    """A new RSA key (2048 bits) for signing tokens, as PEM."""
    return key_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _name(common_name: str, organizations: Sequence[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, value) for value in organizations]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
    )


def _pair(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, signer: CertificateIssuerPrivateKeyTypes
) -> Pair:
    certificate = builder.sign(signer, hashes.SHA256())
    return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), key_pem(key))


def authority(common_name: str = "porthole test cluster") -> Pair:
    """A new certificate authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    builder = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(usage, critical=True)
    )
    return _pair(builder, key, key)


def issue(signer: Pair, common_name: str, organizations: Sequence[str] = (), hosts: Sequence[str] = ()) -> Pair:
    """A certificate signed by ``signer``, good for clients and, when ``hosts`` (names or addresses) are given, servers.

    Kubernetes reads the common name as the user and each organization as a group.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    ca = x509.load_pem_x509_certificate(signer.certificate.encode())
    ca_key = serialization.load_pem_private_key(signer.key.encode(), None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not an elliptic curve key")
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = _builder(_name(common_name, organizations), ca.subject, key)
    if hosts:
        usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    )
    return _pair(builder, key, ca_key)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
