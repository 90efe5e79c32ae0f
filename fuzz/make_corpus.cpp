// Makes the first inputs of every target: fuzz-make-corpus FOLDER writes FOLDER/<target>/<name>. They are committed,
// and made again when a format changes. Findings, which stand beside them as `found-…`, are left alone.
#include "certificate_sample.hpp"
#include "corpus.hpp"
#include "keys.hpp"
#include "sample.hpp"
#include "twin.hpp"

#include <mos/base/timestamp.hpp>
#include <mos/crypto/certificate.hpp>
#include <mos/crypto/revocation_list.hpp>
#include <mos/package/frame.hpp>
#include <mos/package/index_line.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/manifest.hpp>
#include <mos/package/signature_area.hpp>
#include <mos/package/writer.hpp>
#include <mos/transaction/plan_file.hpp>

#include <string>
#include <vector>

namespace {

using namespace mos;
using fuzz::Corpus;
using fuzz::must;

void make_text(const Corpus &corpus) {
    using namespace std::string_view_literals;
    corpus.put("json", "everything", R"({"a":[1,-2,true,false,null,{"b":"\u00e9\n"}],"":18446744073709551615})");
    corpus.put("json", "duplicate", R"({"a":1,"a":2})");
    corpus.put("json", "float", "[1.5e3]");
    corpus.put("json", "deep", std::string(20, '[') + std::string(20, ']'));
    corpus.put("json", "surrogate", R"(["\ud83d\ude00","\ud83d"])");
    corpus.put("encoding", "base64", "bXVsdGlvcw==");
    corpus.put("encoding", "hex", "00fFa9");
    corpus.put("encoding", "utf8", "na\xc3\xafve \xf0\x9f\x98\x80 \xed\xa0\x80 \xc0\x80 \x1b[2J\x7f");
    corpus.put("path", "plain", "usr/lib/x86_64/libfoo.so.1");
    corpus.put("path", "parent", "usr/../etc/passwd");
    corpus.put("path", "absolute", "/etc/passwd");
    corpus.put("path", "odd", std::string_view{"a//b/./c\0d/", 11});
    corpus.put("path", "deep", std::string(200, 'a') + "/b/c/d/e/..f/.../g");
    corpus.put("version", "epochs",
               "1:2.0-1\0002.0~rc1\0"
               "0:2.0\0"sv);
    corpus.put("version", "tildes", std::string_view{"1.0~~\0001.0~\0001.0", 14});
    corpus.put("version", "zeros", "1.007\0001.7\0001.00000000000000000000000000000000000000000\0"sv);
    corpus.put("version", "odd", std::string_view{"a-b-c\0a:b:c\0\xff", 13});
}

void make_config(const Corpus &corpus) {
    using namespace std::string_view_literals;
    // The first byte is the format: YAML, INI, JSON.
    corpus.put("settings", "yaml",
               "\0\0logging:\n  root_level: warn # x\n  handlers:\n    file: {type: file, path: /var/log/x}\n"
               "repositories:\n  - name: a\n    components: [b, \"c d\"]\n    sync_schedule: \"0 */6 * * *\"\n"sv);
    corpus.put(
        "settings", "units",
        "\0\0network: {timeout: 5m, bandwidth_limit: 10MB/s}\nuser_preferences: {maintenance_window: 22:00-06:00}\n"
        "scheduling_policy: {resource_awareness: {cpu_threshold: 80%}}\nproduction: {monitoring: {alerting: on}}\n"sv);
    corpus.put("settings", "ini", "\1\0[network]\nretry_count = 4 ; x\n[update_system.repository]\ncache = 1\n"sv);
    corpus.put("settings", "wrong", "\0\2loging: {root_levle: inof}\nuser_preferences: {language: [a]}\n"sv);
    corpus.put("settings", "template", "\0\3policy_template: {name: a, maintenance_window: 18:00-08:00}\n"sv);
    corpus.put("values", "yaml",
               "\0a: &x {port: 0080, 'on': true, list: [1.10, ~, *y]}\n"
               "b: &y !!str \"\\u00e9\\n\"\nc:\n  - *x\n  - |\n    two\n    lines\n...\n"sv);
    corpus.put("values", "anchors", "\0a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: {<<: *c}\n"sv);
    corpus.put("values", "flow", "\0%YAML 1.2\n--- {? a : [[[{b: c}]]], \"d\": !x 'e', &f g: h}\n"sv);
    corpus.put("values", "ini", "\1top = 1\n[a.b]\n c : 0080 ; comment\n# x\n[a]\nd=\n=\n[b");
    corpus.put("values", "json", R"(2{"a":[1.10,-2,true,null,{"b":"\u00e9\u0000"}],"c":18446744073709551616})");
    corpus.put("template", "plain", "{\"a\":{\"b\":1.10},\"c\":\"{{ a }}\"}\0x {{ a.b }} \\{{ {{c}} {{ d }}\n"sv);
    corpus.put("template", "odd", "{\"a\":[]}\0{{a}} {{{a}}} {{ \n}} {{"sv);
    corpus.put("relation", "plain", "libfoo (>= 1.2) | b(<<2)|c (= 1:3~x-1)");
    corpus.put("relation", "odd", "a (< 1) | | b [amd64] <!x> (>= )");
}

// An instant of eight bytes, then a calendar or conditions.
void make_calendars(const Corpus &corpus) {
    struct Input {
        const char *name;
        std::int64_t now;
        std::string text;
    };
    const std::vector<Input> inputs = {
        {"conditions", -3155673600,
         "cpu_usage<50,no_active_sessions,maintenance_window,free_space>=2GB,feature:tpm2,battery=40,on_mains,memory_"
         "usage<=7,disk_io>1"},
        {"cron-either", 0, "0 0 13 * fri"},
        {"cron-few", 4102444800, "* * * *"},
        {"cron-lists", 1729987200, "*/15 0-6/2 1,15 jan-mar mon-fri"},
        {"cron-name", 1729987200, "* * * foo *"},
        {"cron-six-hours", 1711843200, "0 */6 * * *"},
        {"cron-step", 1711843200, "*/0 * * * *"},
        {"cron-wrong", -3155673600, "60 * * * *"},
        {"date", -3155673600, "2024..2190/3-01..06-01,15 22:30:00"},
        {"date-short", 1711843200, "*~01-1"},
        {"date-wrong", 4102444800, "*-*-*x"},
        {"empty", 4102444800, ""},
        {"fraction", 0, "00:00:00.5"},
        {"hours-alone", 0, "12"},
        {"instant", 4102444800, "@1700000000"},
        {"instant-late", 1711843200, "@7258118400"},
        {"instant-wrong", 1729987200, "@x"},
        {"last-days", 4102444800, "*-*~07/2 04:00"},
        {"last-range", 1711843200, "*-02~1..5"},
        {"last-wrong", 1729987200, "*-*~29"},
        {"long", 1729987200, std::string(1001, '1')},
        {"minutes-missing", -3155673600, "12:"},
        {"month-day", -3155673600, "12-24 18:00"},
        {"never", 1729987200, "*-02-31"},
        {"rubbish", 1711843200, "12:00 ?"},
        {"seconds", -3155673600, "*:*:*"},
        {"single", 1729987200, "5..5:00"},
        {"step-zero", 1711843200, "0/0:00"},
        {"trailing", 4102444800, "12:00:00:00"},
        {"two-digits", 0, "24-12-31"},
        {"weekday-bad", 1729987200, "Mon.Fri"},
        {"weekday-bare", 0, "Mondays"},
        {"weekday-dash", -3155673600, "Mon-Fri"},
        {"weekday-open", 1711843200, "Mon.."},
        {"weekday-wrong", 4102444800, "Fri..Mon"},
        {"weekdays", 0, "Mon..Wed,Sat,Sun 02:30"},
        {"word", 0, "semiannually"},
        {"zone", -3155673600, "*:0/5 Europe/Berlin"},
    };
    for (const Input &input : inputs) {
        base::Bytes bytes;
        base::append_u64(bytes, static_cast<std::uint64_t>(input.now));
        corpus.put("calendar", input.name, std::string{base::as_text(bytes)} + input.text);
    }
}

void make_state(const Corpus &corpus) {
    const state::Attributes attributes{.mode = 04755,
                                       .owner = 1,
                                       .group = 0xffffffff,
                                       .modified = {-5, 999'999'999},
                                       .extended = {{"user.a", {std::byte{0}, std::byte{0xff}}}, {"user.b", {}}}};
    corpus.put("attributes", "full", state::attributes_to_text(attributes));
    corpus.put("attributes", "plain", state::attributes_to_text({}));
    state::Attributes with_lists = attributes;
    with_lists.access_lists = true;
    corpus.put("attributes", "lists", state::attributes_to_text(with_lists));
    const test::Twin twin;
    const auto stage = twin.root();
    auto writer = must(transaction::PlanWriter::create(*stage, 7), "a plan is made");
    std::uint64_t slot = 0;
    for (const auto kind : {state::OperationKind::exchange, state::OperationKind::add, state::OperationKind::remove,
                            state::OperationKind::remove_directory, state::OperationKind::set_attributes}) {
        transaction::PlannedOperation planned;
        planned.operation.slot = slot;
        planned.operation.kind = kind;
        planned.operation.path = "usr/bin/" + std::to_string(slot) + (slot == 2 ? "\xe9" : "");
        planned.operation.staged_inode = 40 + slot;
        planned.operation.after = attributes;
        if (kind != state::OperationKind::add)
            planned.there = transaction::Witness{.inode = 7, .size = 1ULL << 40U, .modified = {-3, 5}};
        must(writer.append(planned), "a plan is written");
        ++slot;
    }
    must(writer.finish(), "a plan is finished");
    const auto bytes = must(base::read_file(*stage, transaction::plan_file_name, 1U << 20U), "a plan is read");
    const std::string_view text = base::as_text(bytes);
    corpus.put("plan_file", "whole", text);
    corpus.put("plan_file", "unfinished", text.substr(0, text.rfind("{\"crc32\"")));
    corpus.put("plan_file", "empty", text.substr(0, text.find('\n') + 1));
}

void make_lists(const Corpus &corpus, const crypto::PrivateKey &ca_key, const crypto::Certificate &ca) {
    const std::vector<crypto::RevokedCertificate> entries = {{{std::byte{1}}, {1'700'000'000, "key compromise"}},
                                                             {{std::byte{2}, std::byte{0}}, {1'800'000'000, ""}}};
    const auto full =
        must(crypto::make_revocation_list(ca_key, ca, entries, 300, 1'700'000'000, 2'000'000'000), "a list");
    const auto empty = must(crypto::make_revocation_list(ca_key, ca, {}, 0, 1'700'000'000, 3'000'000'000), "a list");
    corpus.put("revocation_list", "full.der", full.der());
    corpus.put("revocation_list", "full.pem", full.to_pem());
    corpus.put("revocation_list", "empty.der", empty.der());
}

void make_named(const Corpus &corpus, const crypto::PrivateKey &key) {
    corpus.put("certificate", "alternative_names.der", fuzz::certificate_with(key, {fuzz::all_alternative_names()}));
    corpus.put("certificate", "constraints.der",
               fuzz::certificate_with(key, {fuzz::all_alternative_names(), fuzz::all_name_constraints()}));
}

void make_keys(const Corpus &corpus) {
    for (const auto &[name, pem] : {std::pair{"ed25519", fuzz::ed25519_pem}, std::pair{"p384", fuzz::p384_pem},
                                    std::pair{"p256", test::p256_pem}, std::pair{"rsa", test::rsa_2048_pem}}) {
        const auto key = must(crypto::PrivateKey::from_pem(pem, name), "a key is read");
        corpus.put("private_key", (std::string{name} + ".pem").c_str(), pem);
        corpus.put("public_key", (std::string{name} + ".pem").c_str(), key.public_key().to_pem());
        corpus.put("public_key", (std::string{name} + ".der").c_str(), key.public_key().der());
        const std::size_t begin = pem.find('\n') + 1;
        std::string body{pem.substr(begin, pem.rfind("-----END") - begin)};
        std::erase(body, '\n');
        corpus.put("private_key", (std::string{name} + ".der").c_str(), must(base::from_base64(body), "PEM is base64"));
    }
    corpus.put("private_key", "traditional.pem", test::rsa_traditional_pem);
    const auto ca_key = must(crypto::PrivateKey::from_pem(fuzz::p384_pem, "ca"), "a key is read");
    const crypto::Validity validity{1'700'000'000, 2'000'000'000};
    const auto ca = must(crypto::make_ca_certificate(ca_key, "CN=Fuzz CA, O=Nobody\\, Ltd, C=DE", validity), "a CA");
    const auto leaf = crypto::issue_signer_certificate(ca_key, ca, ca_key.public_key(), "CN=Fuzz Signer", validity);
    const std::string leaf_pem = must(leaf, "a leaf").to_pem();
    const auto rsa_key = must(crypto::PrivateKey::from_pem(test::rsa_2048_pem, "rsa"), "a key is read");
    const auto rsa_ca = must(crypto::make_ca_certificate(rsa_key, "Fuzz RSA CA", validity), "a CA");
    const auto mixed =
        crypto::issue_signer_certificate(rsa_key, rsa_ca, ca_key.public_key(), "CN=Fuzz Mixed", validity);
    corpus.put("certificate", "rsa.der", rsa_ca.der());
    corpus.put("certificate", "mixed.pem", must(mixed, "a leaf").to_pem() + rsa_ca.to_pem());
    make_lists(corpus, ca_key, ca);
    make_named(corpus, ca_key);
    corpus.put("certificate", "ca.der", ca.der());
    corpus.put("certificate", "leaf.der", leaf->der());
    corpus.put("certificate", "ca.pem", ca.to_pem());
    corpus.put("certificate", "chain.pem", leaf_pem + ca.to_pem());
}

void make_package(const Corpus &corpus) {
    const base::Bytes small = fuzz::sample_package(3, fuzz::Signed::yes);
    const base::Bytes raw = fuzz::sample_package(package::uncompressed, fuzz::Signed::no);
    corpus.put("package", "compressed", small);
    corpus.put("package", "raw", raw);
    const base::ByteView view{small};
    const auto fixed = package::layout_of({});
    const auto stored_statement = view.subspan(fixed.statement, package::statement_bytes);
    const auto statement = must(package::decode_statement(stored_statement, {}), "it has a statement");
    const auto layout = package::layout_of(statement);
    corpus.put("statement", "full", stored_statement);
    package::Statement delta = statement;
    delta.kind = package::PackageKind::delta;
    delta.base_content_digest = statement.content_digest;
    corpus.put("statement", "delta", package::encode_statement(delta));
    package::Statement newer = statement;
    newer.version_of_format = package::format_version + 1;
    base::Bytes longer = package::encode_statement(newer);
    longer.resize(longer.size() + 16);
    corpus.put("statement", "newer", longer);
    corpus.put("signature_area", "two", view.subspan(layout.signature_area, statement.signature_area_bytes));
    corpus.put("signature_area", "none",
               must(package::encode_signature_area({}, package::default_signature_area_bytes / 64, {}), "an area"));

    const base::Bytes index = fuzz::index_text(raw);
    corpus.put("index", "genuine", index);
    std::string_view rest = base::as_text(index);
    for (int number = 0; !rest.empty() && number < 18; ++number) {
        const std::size_t end = rest.find('\n');
        corpus.put("index_line", ("line" + std::to_string(number)).c_str(), rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    const std::string_view digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const std::string file =
        R"({"path":"content/files/a","type":"regular","mode":"0644","owner":0,"group":0,"modified":1,)"
        R"("size":3,"sha256":")" +
        std::string{digest} + "\"";
    corpus.put("index_line", "unchanged", file + "}");
    corpus.put("index_line", "patched", file + R"(,"patch":3,"at":4096,"copies":2})");
    corpus.put("index_line", "patched-copy", file + R"(,"patch":0,"at":0,"copy_of":"content/files/0"})");
    corpus.put("index_line", "base-file", R"({"path":"content/files/a","size":3})");
    for (const int level : {package::uncompressed, 3}) {
        package::FrameCompressor compressor{level};
        base::Bytes frame;
        base::append_u32(frame, static_cast<std::uint32_t>(index.size()));
        const base::Bytes stored = must(compressor.compress(index), "a frame is made");
        frame.insert(frame.end(), stored.begin(), stored.end());
        corpus.put("frame", level == 0 ? "raw" : "compressed", frame);
    }
}

void make_manifest(const Corpus &corpus) {
    package::Manifest manifest;
    manifest.package_info.name = "sample";
    manifest.package_info.version = "1.0";
    manifest.package_info.created_unix_s = 1'700'000'000;
    manifest.update_info.category = "security";
    manifest.update_info.conflicts = {"x", "y"};
    manifest.dependencies.depends = {"libfoo (>= 1.2)", "a | b"};
    manifest.system_requirements.minimum_version = "1";
    manifest.security.signer = "S";
    manifest.security.not_before_unix_s = 0;
    manifest.security.not_after_unix_s = 253'402'300'799;
    manifest.unknown_json = R"({"x_vendor":{"y":[1,2,{}]}})";
    corpus.put("manifest", "full", package::write_manifest(manifest));
    corpus.put("manifest", "small", R"({"package_info":{"name":"a","version":"1"}})");
    corpus.put("manifest", "time", mos::base::write_timestamp(1'709'164'800));
}

}  // namespace

int main(int count, char **arguments) {
    if (count != 2) {
        static_cast<void>(std::fprintf(stderr, "usage: fuzz-make-corpus FOLDER\n"));
        return 1;
    }
    const Corpus corpus{arguments[1]};
    make_text(corpus);
    make_config(corpus);
    make_calendars(corpus);
    make_state(corpus);
    make_keys(corpus);
    make_package(corpus);
    make_manifest(corpus);
    fuzz::make_backup_inputs(corpus);
    fuzz::make_kept_inputs(corpus);
    fuzz::make_delta_inputs(corpus);
    fuzz::make_delta_packages(corpus);
    fuzz::make_trust_inputs(corpus);
    fuzz::make_install_inputs(corpus);
    fuzz::make_refused_inputs(corpus);
    return 0;
}
