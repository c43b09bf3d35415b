"""The certificate under which a node serves its page to other machines: read, checked, compared.

Rules: the key is a file that only we can read; both must belong together; what people compare is
the SHA-256 of the certificate itself, as every browser shows it.
"""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from parley.app.private_files import read_private
from parley.world.faults import InputFault
from parley.world.time import format_second, microseconds_from_datetime

_FILE_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A certificate with its key.

    Attributes:
        certificate: path of the PEM file, its chain after it.
        key: path of the PEM file of its key.
        fingerprint: SHA-256 of the certificate, as browsers show it.
        begins_us, ends_us: between which it counts.
        names: what it says that it is for.
    """

    certificate: Path
    key: Path
    fingerprint: str
    begins_us: int
    ends_us: int
    names: tuple[str, ...]

    def flaws(self, hosts: tuple[str, ...], now_us: int) -> list[str]:
        """Return what a browser will complain of, one line each; the node runs all the same."""
        found = []
        if not self.begins_us <= now_us <= self.ends_us:
            begins, ends = format_second(self.begins_us), format_second(self.ends_us)
            found.append(f"certificate {self.certificate.name} counts from {begins} to {ends} only")
        bare = [host.rpartition("]")[2].partition(":")[0] or host for host in hosts]
        missing = [each for each in bare if each.lower() not in self.names]
        if missing:
            found.append(f"certificate {self.certificate.name} is not for {', '.join(missing)}")
        return found


def read_tls(what: str, certificate: Path, key: Path) -> TlsFiles:
    """Return a certificate with its key, after both were read and found to belong together.

    Raises:
        InputFault: one cannot be read, is none, or others can read the key.
    """
    read_private(key, f"{what} tls_key {key.name}", "see docs/node.md", bytes_max=_FILE_BYTES_MAX)
    try:
        data = certificate.read_bytes()[:_FILE_BYTES_MAX]
        found = x509.load_pem_x509_certificate(data)
    except OSError as error:
        wanted = "a readable file"
        raise InputFault(
            f"{what} tls_certificate {certificate.name}", value=error.strerror, wanted=wanted
        ) from None
    except ValueError:
        wanted = "a certificate in PEM"
        raise InputFault(
            f"{what} tls_certificate {certificate.name}", value="not readable", wanted=wanted
        ) from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, lambda: "")
    except (OSError, ValueError):
        # Never the reason's own words: some quote what stood in the file.
        raise InputFault(
            f"{what} tls_key {key.name}",
            value="not the key of that certificate, or under a passphrase",
            wanted="its key in PEM, without a passphrase",
        ) from None
    return TlsFiles(
        certificate=certificate,
        key=key,
        fingerprint=":".join(f"{byte:02X}" for byte in found.fingerprint(SHA256())),
        begins_us=microseconds_from_datetime(found.not_valid_before_utc),
        ends_us=microseconds_from_datetime(found.not_valid_after_utc),
        names=_names_of(found),
    )


def _names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        every = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    named = [name.lower() for name in every.get_values_for_type(x509.DNSName)]
    return (*named, *(str(each) for each in every.get_values_for_type(x509.IPAddress)))


class PinnedConnection(http.client.HTTPSConnection):
    """A connection to whoever has this very certificate's key, whatever name it was asked under.

    Nothing is sent before that was seen: what the certificate says of names and times is for
    browsers, and one that ended yesterday must not keep the node's own post from it.

    Args:
        host: where.
        port: where.
        certificate: path of the PEM file that the node serves with.
        within_s: for each step.

    Raises:
        InputFault: the file cannot be read.
    """

    def __init__(self, host: str, port: int, certificate: Path, *, within_s: float) -> None:
        try:
            data = certificate.read_bytes()[:_FILE_BYTES_MAX]
            self._wanted = x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
        except (OSError, ValueError):
            what = f"tls_certificate {certificate.name}"
            raise InputFault(what, value="not readable", wanted="a certificate in PEM") from None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # compared below with the one that is meant
        super().__init__(host, port, timeout=within_s, context=context)

    def connect(self) -> None:
        """Connect, and leave at once where another certificate is shown."""
        super().connect()
        assert isinstance(self.sock, ssl.SSLSocket)
        if self.sock.getpeercert(binary_form=True) != self._wanted:
            self.close()
            raise ssl.SSLError("another certificate than this node's own")
