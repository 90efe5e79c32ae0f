#include "wycheproof.hpp"

#include "wycheproof_group.hpp"

#include <mos/crypto/der.hpp>

#include <fmt/format.h>

namespace mos::vectors {

using base::Bytes;
using base::ByteView;
using nlohmann::json;

namespace {

struct SignatureCase {
    Bytes message;
    Bytes signature;
};

Bytes bytes_of(const json &object, const char *name) {
    Result<Bytes> bytes = base::from_hex(object.at(name).get<std::string>());
    if (!bytes)
        throw std::runtime_error{fmt::format("'{}' is not hexadecimal", name)};
    return std::move(bytes).value();
}

// r and s, each as long as the order, as one ECDSA-Sig-Value; nothing for another length, which is no signature.
std::optional<Bytes> der_of_p1363(ByteView signature, std::size_t order_bytes) {
    namespace der = crypto::der;
    if (signature.size() != 2 * order_bytes)
        return std::nullopt;
    return der::element(der::Tag::sequence, {der::unsigned_integer(signature.first(order_bytes)),
                                             der::unsigned_integer(signature.subspan(order_bytes))});
}

Decision decide(const SignatureGroup &group, const SignatureCase &test) {
    Bytes signature = test.signature;
    if (group.is_p1363) {
        std::optional<Bytes> converted = der_of_p1363(signature, group.key.bits() / 8);
        if (!converted)
            return refuse("the signature has the wrong length");
        signature = std::move(*converted);
    }
    return group.key.verifies(group.scheme, test.message, signature) ? accept() : refuse("the signature does not fit");
}

Expected expected_of(const json &test) {
    const auto result = test.at("result").get<std::string>();
    if (result == "acceptable")  // legacy, good or not as one likes
        return Expected::either;
    return result == "valid" ? Expected::accepted : Expected::refused;
}

Decision decide_one(const GroupOrSkip &group, const json &test) {
    if (!group.value)
        return skip(group.why_not);
    try {
        return decide(*group.value, {bytes_of(test, "msg"), bytes_of(test, "sig")});
    } catch (const std::exception &error) {
        return skip(fmt::format("a case can't be read: {}", error.what()));
    }
}

GroupOrSkip group_or_fault(const json &file, const json &group) {
    try {
        return read_group(file, group);
    } catch (const std::exception &error) {
        return {std::nullopt, fmt::format("a group can't be read: {}", error.what())};
    }
}

}  // namespace

bool is_wycheproof(const json &file) { return file.is_object() && file.contains("testGroups"); }

void run_wycheproof(const json &file, Report &report) {
    for (const json &entry : file.at("testGroups")) {
        const GroupOrSkip group = group_or_fault(file, entry);
        for (const json &test : entry.at("tests")) {
            const Decision decision = decide_one(group, test);
            report.add(fmt::format("tcId {}", test.at("tcId").get<std::int64_t>()), decision, expected_of(test));
        }
    }
}

}  // namespace mos::vectors
