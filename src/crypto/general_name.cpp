#include "general_name.hpp"

#include "dns_name.hpp"
#include "ip_address.hpp"
#include "name.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::crypto {

using base::ByteView;
using der::Tag;

namespace {

constexpr unsigned number_of_kinds = 9;

// SEQUENCE and EXPLICIT are constructed, strings and identifiers are not.
bool is_constructed(NameKind kind) {
    return kind == NameKind::other || kind == NameKind::x400 || kind == NameKind::directory ||
           kind == NameKind::edi_party;
}

bool is_uri(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || !is_letter(text.front()) || colon + 1 == text.size())
        return false;
    const auto is_of_scheme = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    };
    return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_of_scheme) &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

Result<GeneralName> read_general_name(ByteView element) {
    der::Reader reader{element};
    MOS_TRY(const der::Element read, reader.next());
    MOS_CHECK(reader.expect_end());
    const auto tag = static_cast<unsigned>(read.tag);
    const unsigned number = tag & 0x1FU;
    const auto kind = static_cast<NameKind>(number);
    if (number >= number_of_kinds || (tag & 0xE0U) != (is_constructed(kind) ? 0xA0U : 0x80U))
        return Error{Code::FORMAT, fmt::format("element {:02x} is no general name", tag)};
    if (kind == NameKind::directory) {
        der::Reader inside{read.content};
        MOS_TRY(const der::Element name, inside.next(Tag::sequence));
        MOS_CHECK(inside.expect_end());
        MOS_CHECK(read_name(name.whole));
    }
    return GeneralName{kind, read.content};
}

Result<std::vector<GeneralName>> read_general_names(ByteView sequence) {
    MOS_TRY(der::Reader reader, der::open(sequence, Tag::sequence));
    std::vector<GeneralName> names;
    while (!reader.at_end()) {
        MOS_TRY(const der::Element element, reader.next());
        MOS_TRY(const GeneralName name, read_general_name(element.whole));
        names.push_back(name);
    }
    if (names.empty())
        return Error{Code::FORMAT, "a list of general names is empty"};
    return names;
}

std::string general_name_text(const GeneralName &name) {
    const std::string quoted = base::in_quotes(base::as_text(name.content));
    switch (name.kind) {
    case NameKind::mailbox:
        return "mailbox " + quoted;
    case NameKind::dns:
        return "DNS name " + quoted;
    case NameKind::uri:
        return "URI " + quoted;
    case NameKind::directory:
        if (const auto text = name_text(name.content))
            return "directory name " + base::in_quotes(*text);
        break;
    case NameKind::ip_address:
        if (const std::string text = ip_address_text(name.content); !text.empty())
            return "IP address " + text;
        break;
    case NameKind::other:
    case NameKind::x400:
    case NameKind::edi_party:
    case NameKind::registered_id:
        break;
    }
    return fmt::format("name [{}] {}", static_cast<unsigned>(name.kind), base::to_hex(name.content));
}

bool is_well_formed(const GeneralName &name) {
    const std::string_view text = base::as_text(name.content);
    switch (name.kind) {
    case NameKind::mailbox:
        return is_mailbox(text);
    case NameKind::dns:
        return is_dns_pattern(text);
    case NameKind::uri:
        return is_uri(text);
    case NameKind::ip_address:
        return name.content.size() == ipv4_bytes || name.content.size() == ipv6_bytes;
    case NameKind::directory: {
        const auto relative_names = read_name(name.content);
        return relative_names && !relative_names->empty();
    }
    case NameKind::other:
    case NameKind::x400:
    case NameKind::edi_party:
    case NameKind::registered_id:
        break;
    }
    return true;
}

}  // namespace mos::crypto
