#include "certificate_sample.hpp"

#include "target.hpp"

#include <mos/crypto/der.hpp>

namespace mos::fuzz {

namespace {

using base::Bytes;
using base::ByteView;
using crypto::der::Tag;
namespace der = crypto::der;

Bytes hex(std::string_view text) { return must(base::from_hex(text), "it is hexadecimal"); }

Bytes join(const std::vector<Bytes> &parts) {
    Bytes all;
    for (const Bytes &one : parts)
        all.insert(all.end(), one.begin(), one.end());
    return all;
}

Bytes extension(std::string_view id, ByteView value) {
    return der::element(Tag::sequence, {hex(id), hex("0101ff"), der::element(Tag::octet_string, {value})});
}

Bytes plain_extension(std::string_view id, ByteView value) {
    return der::element(Tag::sequence, {hex(id), der::element(Tag::octet_string, {value})});
}

constexpr std::string_view alternative_names_id = "0603551d11";
constexpr std::string_view constraints_id = "0603551d1e";

Bytes sequence(const std::vector<ByteView> &parts) {
    Bytes content;
    for (const ByteView part : parts)
        content.insert(content.end(), part.begin(), part.end());
    return der::element(Tag::sequence, {content});
}

Bytes text(unsigned kind, std::string_view content) {
    return der::element(der::context(kind), {base::as_bytes(content)});
}

// A Name: an organisation, a common name and a mailbox.
Bytes distinguished_name() {
    const auto part = [](std::string_view type, Tag tag, std::string_view value) {
        return der::element(Tag::set,
                            {der::element(Tag::sequence, {hex(type), der::element(tag, {base::as_bytes(value)})})});
    };
    return der::element(Tag::sequence, {part("060355040a", Tag::printable_string, "Example  Ltd"),
                                        part("0603550403", Tag::utf8_string, "caf\xc3\xa9"),
                                        part("06092a864886f70d010901", Tag::ia5_string, "a@example.com")});
}

std::vector<Bytes> other_kinds() {
    return {der::element(der::context_constructed(0), {hex("06082b06010505070809a0030c0161")}),
            der::element(der::context_constructed(4), {distinguished_name()}), text(6, "https://example.com/"),
            text(8, "*\x03\x04")};
}

}  // namespace

Bytes all_alternative_names() {
    std::vector<Bytes> names = {text(1, "a@example.com"),
                                text(2, "*.example.com"),
                                text(2, "xn--caf-dma.example"),
                                text(2, "8.8.8.8"),
                                der::element(der::context(7), {hex("c0000201")}),
                                der::element(der::context(7), {hex("20010db8000000000000000000000001")})};
    for (const Bytes &one : other_kinds())
        names.push_back(one);
    return extension(alternative_names_id, der::element(Tag::sequence, {join(names)}));
}

Bytes all_name_constraints() {
    const auto subtrees = [](unsigned number, const std::vector<Bytes> &names) {
        std::vector<Bytes> list;
        list.reserve(names.size());
        for (const Bytes &one : names)
            list.push_back(der::element(Tag::sequence, {one}));
        return der::element(der::context_constructed(number), {join(list)});
    };
    std::vector<Bytes> permitted = {text(1, ".example.com"), text(2, "example.com"), text(2, ""),
                                    der::element(der::context(7), {hex("c0000200ffffff00")})};
    for (const Bytes &one : other_kinds())
        permitted.push_back(one);
    const std::vector<Bytes> excluded = {text(1, "b@example.com"), text(2, "bar.example.com"), text(2, "*.bad")};
    return extension(constraints_id, der::element(Tag::sequence, {subtrees(0, permitted), subtrees(1, excluded)}));
}

Bytes certificate_with(const crypto::PrivateKey &key, const std::vector<Bytes> &extensions) {
    const Bytes algorithm = hex("300a06082a8648ce3d040303");
    const Bytes validity = der::element(
        Tag::sequence, {must(der::time(1'700'000'000), "a time"), must(der::time(2'000'000'000), "a time")});
    const Bytes list = der::element(Tag::sequence, {join(extensions)});
    const Bytes to_be_signed =
        der::element(Tag::sequence,
                     {hex("a003020102"), hex("020101"), algorithm, distinguished_name(), validity, distinguished_name(),
                      key.public_key().der(), der::element(der::context_constructed(3), {list})});
    const Bytes signature =
        must(key.sign({.digest = crypto::DigestAlgorithm::sha384}, to_be_signed), "a certificate is signed");
    return der::element(Tag::sequence, {to_be_signed, algorithm, der::bit_string(signature)});
}

std::vector<NamedCertificate> special_certificates(const crypto::PrivateKey &key) {
    std::vector<NamedCertificate> all;
    const auto compared = [&](const char *name, const Bytes &alternative_name, const Bytes &constraint) {
        const Bytes names =
            der::element(Tag::sequence,
                         {hex(alternative_names_id), der::element(Tag::octet_string, {sequence({alternative_name})})});
        const Bytes permitted = der::element(der::context_constructed(0), {sequence({constraint})});
        all.push_back({name, certificate_with(key, {names, extension(constraints_id, sequence({permitted}))})});
    };
    compared("dns", text(2, "*.a.example.com"), text(2, "example.com"));
    compared("dns-partly", text(2, "*.example.com"), text(2, "a.example.com"));
    compared("dns-other", text(2, "a.example.org"), text(2, "example.com"));
    compared("mailbox", text(1, "a@example.com"), text(1, "A@example.com"));
    compared("mailbox-host", text(1, "a@b.example.com"), text(1, ".example.com"));
    compared("mailbox-other", text(1, "a@example.com"), text(1, "b@example.com"));
    compared("mailbox-international", text(1, "a@xn--caf-dma.example"), text(1, "example"));
    compared("ip", der::element(der::context(7), {hex("c0000201")}),
             der::element(der::context(7), {hex("c0000200ffffff00")}));
    compared("ip-other", der::element(der::context(7), {hex("c0000301")}),
             der::element(der::context(7), {hex("c0000200ffffff00")}));
    const Bytes directory = der::element(der::context_constructed(4), {distinguished_name()});
    compared("directory", directory, directory);
    compared("uri", text(6, "https://example.com/"), text(6, "example.com"));
    const auto passed_over = [&](const char *name, std::string_view id, const Bytes &value) {
        all.push_back({name, certificate_with(key, {plain_extension(id, value)})});
    };
    const Bytes some_id = hex("0603550403");
    const Bytes other_id = hex("0603550404");
    const Bytes policy = sequence({some_id});
    constexpr std::string_view policies = "0603551d20";
    passed_over("policies", policies, sequence({policy, sequence({other_id, sequence({sequence({some_id})})})}));
    passed_over("policy-twice", policies, sequence({policy, policy}));
    passed_over("policy-without-qualifiers", policies, sequence({sequence({some_id, sequence({})})}));
    passed_over("no-policies", policies, sequence({}));
    passed_over("access", "06082b06010505070101", sequence({sequence({some_id, text(6, "https://example.com/")})}));
    passed_over("distribution-points", "0603551d1f", sequence({sequence({sequence({})})}));
    passed_over("issuer-names", "0603551d12", sequence({text(2, "example.com")}));
    return all;
}

}  // namespace mos::fuzz
