"""Trust from Python: who may sign, what a policy demands, keys that are elsewhere, digests."""

import hashlib
import shutil
import subprocess

import pytest

import multiosupdate as mos


@pytest.fixture
def authority(tmp_path):
    """A CA and a signer of it, as files in a folder."""
    class Authority:
        folder = tmp_path / "keys"
    Authority.folder.mkdir()
    Authority.key = mos.Key.generate(mos.KeyType.ECC_P384)
    Authority.certificate = mos.Certificate.create_ca(Authority.key, "Example CA")
    Authority.certificate.store(Authority.folder / "ca.crt")
    Authority.signer = mos.Key.generate(mos.KeyType.ECC_P384)
    Authority.signer_certificate = Authority.certificate.issue(Authority.key, Authority.signer, "Signer")
    return Authority


def trusting(workshop, authority, **options):
    engine = mos.Engine(workshop.root)
    engine.trust(certificate=authority.folder / "ca.crt", fingerprint=authority.certificate.fingerprint, **options)
    return engine


def test_a_ca_is_trusted_once_its_fingerprint_is_the_expected_one(workshop, authority):
    with mos.Engine(workshop.root) as engine:
        assert engine.trusted() == []
        with pytest.raises(mos.Error):
            engine.trust(certificate=authority.folder / "ca.crt", fingerprint="sha256:" + "0" * 64)
        assert engine.trusted() == []
        entry = engine.trust(certificate=authority.folder / "ca.crt", name="Example", packages=["web*"],
                             fingerprint=authority.certificate.fingerprint, level=mos.TrustLevel.MEDIUM)
        assert engine.trusted() == [entry]
        assert (entry.kind, entry.name, entry.level, entry.packages) == ("ca", "Example", mos.TrustLevel.MEDIUM, "web*")
        engine.trust_no_more(entry.id)
        assert engine.trusted() == []


def test_a_signer_may_sign_only_what_its_authority_vouches_for(workshop, authority):
    package = workshop.package(sign_key=authority.signer, certificate=authority.signer_certificate)
    with trusting(workshop, authority, packages=["database"]) as engine:
        steps = {row.kind: row.object for row in engine.validate(mos.Package(package))}
        assert steps == {"format": "passed", "signature": "passed", "chain": "passed", "integrity": "passed",
                         "policy": "failed"}
        with pytest.raises(mos.Error):
            engine.plan().install(package).run()
    assert not (workshop.root / "usr").exists()


def test_a_file_that_is_no_package_fails_in_the_first_step(workshop, authority, tmp_path):
    package = workshop.package(sign_key=authority.signer, certificate=authority.signer_certificate)
    with trusting(workshop, authority) as engine:
        assert [row.object for row in engine.validate(package)] == ["passed"] * 5
        (tmp_path / "text").write_text("no package")
        assert [row.object for row in engine.validate(tmp_path / "text")] == ["failed"] + ["not reached"] * 4
        with pytest.raises(mos.NotFoundError):
            engine.validate(tmp_path / "missing")


def test_the_policy_of_the_root_decides(workshop, authority):
    package = workshop.package(sign_key=authority.signer, certificate=authority.signer_certificate)
    with trusting(workshop, authority) as engine:
        assert all(row.object == "passed" for row in engine.validate(mos.Package(package), strict=True))
        engine.change_policy({"installation_safety.maximum_package_size": "1KB"})
        assert engine.policy()["installation_safety.maximum_package_size"] == "1000"
        with pytest.raises(mos.Error) as refused:
            engine.plan().install(package)
        assert refused.value.name == "POLICY_REFUSED"
        with pytest.raises(mos.Error) as refused:
            engine.change_policy({"update_validation.required_signature": "false"})
        assert refused.value.name == "UNSUPPORTED"


def test_a_revoked_signer_is_refused(workshop, authority):
    package = workshop.package(sign_key=authority.signer, certificate=authority.signer_certificate)
    revoked = authority.folder / "ca.crl"
    with trusting(workshop, authority) as engine:
        authority.certificate.revoke(authority.key, revoked)
        engine.add_revocation_list(revoked)
        engine.plan().install(package)
        authority.certificate.revoke(authority.key, revoked, authority.signer_certificate, reason="key compromise")
        engine.add_revocation_list(revoked)
        with pytest.raises(mos.Error) as refused:
            engine.plan().install(package)
        assert refused.value.name == "CERTIFICATE_REVOKED"
        listed, = engine.revocation_lists()
        assert (listed.issuer, listed.number, listed.state, listed.revoked_count) == ("CN=Example CA", "02", "fresh", 1)
        with pytest.raises(mos.Error) as refused:
            engine.remove_revocation_list(listed.issuer)
        assert refused.value.name == "NEEDS_ANSWER"
        engine.remove_revocation_list(listed.fingerprint, forget=True)
        assert engine.revocation_lists() == []
        engine.plan().install(package)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl command")
def test_another_process_may_hold_the_key(workshop, authority):
    secret = authority.folder / "secret.pem"
    authority.signer.store(secret)
    authority.signer.store_public(authority.folder / "public.pem")
    asked = []

    def sign(algorithm, message):
        asked.append(algorithm)
        return subprocess.run(["openssl", "dgst", "-sha384", "-sign", str(secret)], input=message, check=True,
                              capture_output=True).stdout

    key = mos.Key.remote(authority.folder / "public.pem", sign)
    package = workshop.package(sign_key=key, certificate=authority.signer_certificate)
    assert asked == ["ECC-P384-SHA384"]
    with trusting(workshop, authority) as engine:
        assert all(row.object == "passed" for row in engine.validate(mos.Package(package)))
    with pytest.raises(mos.Error):
        key.store(authority.folder / "copy.pem")


def test_what_a_key_elsewhere_answers_is_checked(workshop, authority):
    authority.signer.store_public(authority.folder / "public.pem")
    for answer in (b"", b"nonsense", b"x" * 100_000):
        key = mos.Key.remote(authority.folder / "public.pem", lambda algorithm, message, answer=answer: answer)
        with pytest.raises((mos.Error, ValueError)):  # what does not fit is Python's to refuse
            workshop.package(name="refused", sign_key=key, certificate=authority.signer_certificate)
        assert not (workshop.folder / "refused-1.0.mos").exists()
        shutil.rmtree(workshop.folder / "tree-refused-1.0")


def test_a_key_behind_a_passphrase_opens_with_it_alone(tmp_path):
    key = mos.Key.generate(mos.KeyType.ED25519)
    key.store(tmp_path / "k.pem", passphrase="correct horse")
    assert mos.Key.load(tmp_path / "k.pem", passphrase="correct horse").fingerprint == key.fingerprint
    for wrong in (None, "correct horsf"):
        with pytest.raises(mos.Error):
            mos.Key.load(tmp_path / "k.pem", passphrase=wrong)


@pytest.mark.parametrize("algorithm, name", [(mos.DigestAlgorithm.SHA256, "sha256"),
                                             (mos.DigestAlgorithm.SHA384, "sha384"),
                                             (mos.DigestAlgorithm.SHA512, "sha512"),
                                             (mos.DigestAlgorithm.BLAKE2B, "blake2b")])
def test_a_digest_is_what_hashlib_says(algorithm, name):
    digest = mos.Digest(algorithm)
    for _ in range(2):  # it starts anew
        digest.update(b"one ")
        digest.update(b"two")
        assert digest.finish() == hashlib.new(name, b"one two").digest()
