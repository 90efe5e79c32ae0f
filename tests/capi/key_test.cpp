// Keys behind a passphrase, and keys that another process keeps.
#include "capi_bench.hpp"
#include "shell.hpp"

#include <csignal>
#include <cstring>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace mos::test::capi;

namespace {

Key generate(const Bench &bench, mos_key_type type) {
    return made_by<Key>([&](auto out, auto error) { return mos_key_generate(bench.context.get(), type, out, error); });
}

// A process of its own that keeps the private key and signs what it is told through a pipe: openssl(1).
struct Token {
    std::string key_path;
    std::vector<std::string> options;  // of `openssl dgst`
    std::string asked_for;             // the algorithm that the callback was called with
    int destroyed = 0;
    std::int32_t answer = 0;
    std::size_t claimed_size = 0;  // where not 0, instead of the true one
    bool spoils = false;
    bool throws = false;

    // NOLINTNEXTLINE(readability-function-size): its parameters are the C API's
    static std::int32_t sign(void *data, const char *algorithm, const std::uint8_t *message, std::size_t message_size,
                             std::uint8_t *signature, std::size_t room, std::size_t *size) {
        Token &token = *static_cast<Token *>(data);
        token.asked_for = algorithm;
        if (token.throws)
            throw std::runtime_error{"no token"};
        if (token.answer != 0)
            return token.answer;
        *size = token.run(message, message_size, signature, room);
        if (token.spoils && *size > 0)
            signature[*size - 1] ^= 1U;
        if (token.claimed_size != 0)
            *size = token.claimed_size;
        return 0;
    }
    static void destroy(void *data) { ++static_cast<Token *>(data)->destroyed; }

  private:
    // The message is shorter than a pipe is deep: it stands in it before anybody reads, or gives up.
    [[nodiscard]] std::size_t run(const std::uint8_t *message, std::size_t message_size, std::uint8_t *out,
                                  std::size_t room) const {
        int to[2];
        int from[2];
        if (::pipe(to) != 0 || ::pipe(from) != 0)
            return 0;
        const bool written = ::write(to[1], message, message_size) == static_cast<ssize_t>(message_size);
        ::close(to[1]);
        std::vector<std::string> words = {"openssl", "dgst", "-sign", key_path};
        words.insert(words.end(), options.begin(), options.end());
        std::vector<char *> arguments;
        arguments.reserve(words.size() + 1);
        for (std::string &word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        const pid_t child = ::fork();
        if (child == 0) {
            ::dup2(to[0], 0);
            ::dup2(from[1], 1);
            for (const int descriptor : {to[0], from[0], from[1], 2})  // its words are nobody's business
                ::close(descriptor);
            ::execvp(arguments.front(), arguments.data());
            ::_exit(127);
        }
        ::close(to[0]);
        ::close(from[1]);
        std::size_t done = 0;
        for (ssize_t count = 1;
             written && count > 0 && done<room; done += count> 0 ? static_cast<std::size_t>(count) : 0)
            count = ::read(from[0], out + done, room - done);
        ::close(from[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? done : 0;
    }
};

bool has_openssl() {
    if (mos::test::shell("openssl version >/dev/null 2>&1"))
        return true;
    MESSAGE("skipped: there is no openssl command");
    return false;
}

// The private half goes into a file that only the token's process reads, the public one where the root trusts it.
void give(const Bench &bench, const Key &key, Token &token) {
    token.key_path = bench.work.at("token.pem");
    std::filesystem::remove(token.key_path);
    mos_error *error = nullptr;
    must(mos_key_store(key.get(), token.key_path.c_str(), &error), error);
    must(mos_key_store_public(key.get(), bench.root.at("etc/multios/trust/token.pub").c_str(), &error), error);
}

Key remote(const Bench &bench, Token &token) {
    const std::string path = bench.root.at("etc/multios/trust/token.pub");
    return made_by<Key>([&](auto out, auto error) {
        return mos_key_create_remote(bench.context.get(), path.c_str(), Token::sign, &token, Token::destroy, out,
                                     error);
    });
}

// An unsigned package, to be signed.
std::string unsigned_package(const Bench &bench) {
    const std::string signed_path = bench.pack("1", "content");
    const Folder input;
    input.put("app/file", "content");
    mos_build_options options = MOS_BUILD_OPTIONS_INIT;
    std::string output = bench.work.at("unsigned.mos");
    options.name = "app";
    options.version = "1";
    options.input_path = input.path().c_str();
    options.output_path = output.c_str();
    const auto job = made_by<Job>(
        [&](auto out, auto error) { return mos_package_build_job(bench.context.get(), &options, out, error); });
    mos_error *error = nullptr;
    must(mos_job_run(job.get(), nullptr, nullptr, &error), error);
    return output;
}

int authenticate(const Bench &bench, const std::string &path, const std::string &policy = {}) {
    const auto package = made_by<Package>(
        [&](auto out, auto error) { return mos_package_open_path(bench.context.get(), path.c_str(), out, error); });
    mos_trust_options trust = MOS_TRUST_OPTIONS_INIT;
    const std::string folder = bench.root.at("etc/multios/trust");
    const std::string root = bench.root.at("");
    bench.root.put("etc/multios/security-policy.yml", policy);
    trust.trust_path = folder.c_str();
    trust.root_path = root.c_str();
    return mos_package_authenticate(package.get(), &trust, nullptr);
}

void check_keeps_to_itself(const Bench &bench, const Key &key) {
    const std::string path = bench.work.at("stored.pem");
    CHECK(failure_of([&](auto error) { return mos_key_store(key.get(), path.c_str(), error); }).code ==
          MOS_E_UNSUPPORTED);
    CHECK(failure_of([&](auto error) { return mos_key_store_encrypted(key.get(), path.c_str(), "x", error); }).code ==
          MOS_E_UNSUPPORTED);
    mos_certificate_options options = MOS_CERTIFICATE_OPTIONS_INIT;
    options.common_name = "CA";
    mos_certificate *certificate = nullptr;
    CHECK(failure_of([&](auto error) {
              return mos_certificate_create_ca(key.get(), &options, &certificate, error);
          }).code == MOS_E_UNSUPPORTED);
    CHECK_FALSE(std::filesystem::exists(path));
}

}  // namespace

TEST_CASE("a key behind a passphrase is loaded by that passphrase alone") {
    const Bench bench;
    const std::string path = bench.work.at("secret.pem");
    mos_error *error = nullptr;
    must(mos_key_store_encrypted(bench.key.get(), path.c_str(), "correct horse", &error), error);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600);
    CHECK(bench.work.read("secret.pem").starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    const auto loaded = made_by<Key>([&](auto out, auto err) {
        return mos_key_load_encrypted(bench.context.get(), path.c_str(), "correct horse", out, err);
    });
    CHECK(std::string{mos_key_fingerprint(loaded.get())} == mos_key_fingerprint(bench.key.get()));
    mos_key *key = nullptr;
    const auto load = [&](const char *passphrase) {
        return failure_of([&](auto err) {
                   return mos_key_load_encrypted(bench.context.get(), path.c_str(), passphrase, &key, err);
               })
            .code;
    };
    CHECK(load("correct horsf") == MOS_E_WRONG_PASSPHRASE);
    CHECK(load("") == MOS_E_INVALID_ARGUMENT);
    CHECK(load(nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto err) { return mos_key_load(bench.context.get(), path.c_str(), &key, err); }).code ==
          MOS_E_WRONG_PASSPHRASE);
    CHECK(key == nullptr);
}

TEST_CASE("an encrypted key is never written over a file, nor without a passphrase") {
    const Bench bench;
    bench.work.put("there.pem", "mine");
    const auto store = [&](const std::string &name, const char *passphrase) {
        const std::string path = bench.work.at(name);
        return failure_of([&](auto error) {
                   return mos_key_store_encrypted(bench.key.get(), path.c_str(), passphrase, error);
               })
            .code;
    };
    CHECK(store("there.pem", "secret") == MOS_E_EXISTS);
    CHECK(bench.work.read("there.pem") == "mine");
    CHECK(store("new.pem", "") == MOS_E_INVALID_ARGUMENT);
    CHECK(store("new.pem", nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK_FALSE(std::filesystem::exists(bench.work.at("new.pem")));
}

TEST_CASE("a key that is not encrypted is not loaded by a passphrase") {
    const Bench bench;
    const std::string path = bench.work.at("plain.pem");
    mos_error *error = nullptr;
    must(mos_key_store(bench.key.get(), path.c_str(), &error), error);
    mos_key *key = nullptr;
    CHECK(failure_of([&](auto err) {
              return mos_key_load_encrypted(bench.context.get(), path.c_str(), "secret", &key, err);
          }).code == MOS_E_KEY_INVALID);
}

TEST_CASE("a key signs by its own algorithms and by no other") {
    const Bench bench;
    for (const char *name : {"RSA-SHA256", "ed25519", "", static_cast<const char *>(nullptr)})
        CHECK(failure_of([&](auto error) { return mos_key_use_algorithm(bench.key.get(), name, error); }).code ==
              MOS_E_INVALID_ARGUMENT);
    mos_error *error = nullptr;
    must(mos_key_use_algorithm(bench.key.get(), "Ed25519", &error), error);
}

TEST_CASE("a key in another process signs a package, and the signature is as good as any") {
    if (!has_openssl())
        return;
    const Bench bench;
    Token token{.key_path = {}, .options = {"-sha384"}, .asked_for = {}};
    give(bench, generate(bench, MOS_KEY_ECC_P384), token);
    const std::string path = unsigned_package(bench);
    CHECK(authenticate(bench, path) == MOS_E_NOT_SIGNED);
    {
        const Key key = remote(bench, token);
        mos_error *error = nullptr;
        must(mos_package_sign(bench.context.get(), path.c_str(), key.get(), nullptr, &error), error);
    }
    CHECK(token.asked_for == "ECC-P384-SHA384");
    CHECK(token.destroyed == 1);
    CHECK(authenticate(bench, path) == MOS_OK);
    bench.install(path);
    CHECK(bench.root.read("app/file") == "content");
}

TEST_CASE("a token that has RSA signs by PSS when it is told to, and the policy has its say") {
    if (!has_openssl())
        return;
    const Bench bench;
    Token token{.key_path = {},
                .options = {"-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"},
                .asked_for = {}};
    give(bench, generate(bench, MOS_KEY_RSA_2048), token);
    const Key key = remote(bench, token);
    mos_error *error = nullptr;
    must(mos_key_use_algorithm(key.get(), "RSA-PSS-SHA256", &error), error);
    const std::string path = unsigned_package(bench);
    must(mos_package_sign(bench.context.get(), path.c_str(), key.get(), nullptr, &error), error);
    CHECK(token.asked_for == "RSA-PSS-SHA256");
    CHECK(authenticate(bench, path) == MOS_E_ALGORITHM_REFUSED);
    const auto allow = [](const std::string &name) {
        return "security_policy:\n  update_validation:\n    allowed_signature_algorithms: [" + name + "]\n";
    };
    CHECK(authenticate(bench, path, allow("RSA-2048-SHA256")) == MOS_E_ALGORITHM_REFUSED);
    CHECK(authenticate(bench, path, allow("RSA-PSS-2048-SHA256")) == MOS_OK);
}

TEST_CASE("a token that fails, returns garbage or says an impossible size signs nothing, and the package stays") {
    if (!has_openssl())
        return;
    const Bench bench;
    Token token{.key_path = {}, .options = {"-sha384"}, .asked_for = {}};
    give(bench, generate(bench, MOS_KEY_ECC_P384), token);
    const Key key = remote(bench, token);
    const std::string path = unsigned_package(bench);
    const std::string before = bench.work.read("unsigned.mos");
    const auto sign = [&] {
        const Failure failure = failure_of(
            [&](auto error) { return mos_package_sign(bench.context.get(), path.c_str(), key.get(), nullptr, error); });
        CHECK(bench.work.read("unsigned.mos") == before);
        std::string words;
        for (const mos_error *one = failure.error.get(); one != nullptr; one = mos_error_cause(one))
            words += std::string{mos_error_message(one)} + "\n";
        INFO(words);
        // The package is no worse for it, and nobody's publisher can help.
        CHECK(std::string{mos_error_remedy(failure.error.get())}.find("publisher") == std::string::npos);
        CHECK(std::string{mos_error_object(failure.error.get())} == mos_key_fingerprint(key.get()));
        if (token.answer != 0)
            CHECK(words.find("its callback returned " + std::to_string(token.answer)) != std::string::npos);
        return failure.code;
    };
    token.answer = -7;
    CHECK(sign() == MOS_E_IO);
    token.answer = 0;
    token.spoils = true;
    CHECK(sign() == MOS_E_SIGNATURE_INVALID);
    token.spoils = false;
    for (const std::size_t size : {std::size_t{1}, std::size_t{1} << 20U, SIZE_MAX}) {
        token.claimed_size = size;
        CHECK(sign() == MOS_E_SIGNATURE_INVALID);
    }
    token.claimed_size = 0;
    token.throws = true;
    CHECK(sign() == MOS_E_IO);
    token.throws = false;
    token.key_path = bench.work.at("missing.pem");
    CHECK(sign() == MOS_E_SIGNATURE_INVALID);
    CHECK(token.destroyed == 0);
}

TEST_CASE("a key that is elsewhere is not stored and issues nothing, and its data are freed once, come what may") {
    const Bench bench;
    Token token{.key_path = {}, .options = {}, .asked_for = {}};
    give(bench, generate(bench, MOS_KEY_ECC_P384), token);
    check_keeps_to_itself(bench, remote(bench, token));
    CHECK(token.destroyed == 1);
    const std::string path = bench.root.at("etc/multios/trust/token.pub");
    mos_key *key = nullptr;
    const auto create = [&](mos_context *context, const char *where, mos_sign_callback sign) {
        return failure_of([&](auto error) {
                   return mos_key_create_remote(context, where, sign, &token, Token::destroy, &key, error);
               })
            .code;
    };
    CHECK(create(bench.context.get(), "/nonexistent", Token::sign) == MOS_E_NOT_FOUND);
    CHECK(create(bench.context.get(), path.c_str(), nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(create(bench.context.get(), nullptr, Token::sign) == MOS_E_INVALID_ARGUMENT);
    CHECK(create(nullptr, path.c_str(), Token::sign) == MOS_E_INVALID_ARGUMENT);
    CHECK(create(bench.context.get(), token.key_path.c_str(), Token::sign) == MOS_E_KEY_INVALID);
    CHECK(token.destroyed == 6);
}

TEST_CASE("a certificate that would end beyond all times is refused") {
    const Bench bench;
    const auto key = made_by<Key>(
        [&](auto out, auto error) { return mos_key_generate(bench.context.get(), MOS_KEY_ECC_P384, out, error); });
    mos_certificate_options options = MOS_CERTIFICATE_OPTIONS_INIT;
    options.common_name = "CA";
    options.not_before_unix_s = INT64_MAX - 86'400;
    options.validity_days = 2;
    mos_certificate *certificate = nullptr;
    CHECK(mos_certificate_create_ca(key.get(), &options, &certificate, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(certificate == nullptr);
}

TEST_CASE("a private key that can't be written in full leaves nothing behind") {
    const Bench bench;
    const std::string path = bench.work.at("private.pem");
    struct rlimit before {};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = before;
    small.rlim_cur = 10;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const int code = mos_key_store(bench.key.get(), path.c_str(), nullptr);
    ::setrlimit(RLIMIT_FSIZE, &before);
    static_cast<void>(std::signal(SIGXFSZ, handler));
    CHECK(code < 0);
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(mos_key_store(bench.key.get(), path.c_str(), nullptr) == MOS_OK);
    CHECK(mos_key_store(bench.key.get(), path.c_str(), nullptr) == MOS_E_EXISTS);
}
