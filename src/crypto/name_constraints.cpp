#include "name_constraints.hpp"

#include "certificate_fields.hpp"
#include "dns_name.hpp"
#include "ip_address.hpp"
#include "name.hpp"
#include "oids.hpp"
#include "path_rules.hpp"

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::crypto {

using base::ByteView;
using der::Tag;

namespace {

Result<std::vector<GeneralName>> read_subtrees(der::Reader list) {
    std::vector<GeneralName> subtrees;
    while (!list.at_end()) {
        MOS_TRY(der::Reader subtree, list.enter(Tag::sequence));
        MOS_TRY(const der::Element base, subtree.next());
        MOS_TRY(const GeneralName name, read_general_name(base.whole));
        if (!subtree.at_end())
            return Error{Code::FORMAT, "a name constraint has a minimum or a maximum"};
        subtrees.push_back(name);
    }
    if (subtrees.empty())
        return Error{Code::FORMAT, "a list of name constraints is empty"};
    return subtrees;
}

// ---- whether a constraint is one ----

// RFC 4632: ones, then zeros.
bool is_mask(ByteView mask) {
    bool ended = false;
    for (const std::byte b : mask)
        for (unsigned bit = 0x80; bit != 0; bit >>= 1U) {
            const bool is_one = (std::to_integer<unsigned>(b) & bit) != 0;
            if (is_one && ended)
                return false;
            ended = !is_one;
        }
    return true;
}

// An empty DNS name stands for all (CA/Browser Forum Baseline Requirements section 7.1.2.5.2).
bool is_constraint(const GeneralName &constraint) {
    const std::string_view text = base::as_text(constraint.content);
    const std::size_t size = constraint.content.size();
    switch (constraint.kind) {
    case NameKind::dns:
        return text.empty() || is_dns_name(text);
    case NameKind::mailbox:
        return is_mailbox(text) || is_dns_name(text.starts_with('.') ? text.substr(1) : text);
    case NameKind::ip_address:
        return (size == 2 * ipv4_bytes || size == 2 * ipv6_bytes) && is_mask(constraint.content.subspan(size / 2));
    case NameKind::directory:
    case NameKind::other:
    case NameKind::x400:
    case NameKind::edi_party:
    case NameKind::uri:
    case NameKind::registered_id:
        break;
    }
    return true;
}

bool is_understood(NameKind kind) {
    return kind == NameKind::dns || kind == NameKind::mailbox || kind == NameKind::ip_address ||
           kind == NameKind::directory;
}

// ---- whether a name is inside of a constraint; `unclear` when it may be, or only a part of it is ----

bool is_at_or_below(std::string_view name, std::string_view domain) {
    if (domain.empty() || equal_folded(name, domain))
        return true;
    return name.size() > domain.size() + 1 && name[name.size() - domain.size() - 1] == '.' &&
           equal_folded(name.substr(name.size() - domain.size()), domain);
}

Likeness match_dns(std::string_view name, std::string_view domain) {
    const bool is_wildcard = name.starts_with("*.");
    const std::string_view base = is_wildcard ? name.substr(2) : name;
    if (is_at_or_below(base, domain))
        return Likeness::same;
    // "*.example.com" is good for "a.example.com" too.
    const std::size_t dot = domain.find('.');
    const bool is_partly_in =
        is_wildcard && dot != std::string_view::npos && equal_folded(domain.substr(dot + 1), base);
    return is_partly_in ? Likeness::unclear : Likeness::different;
}

Likeness match_mailbox(std::string_view name, std::string_view constraint) {
    if (!is_mailbox(name))  // in a subject, where no rule makes it one
        return Likeness::unclear;
    const std::size_t at = name.find('@');
    const std::string_view host = name.substr(at + 1);
    const std::size_t constraint_at = constraint.find('@');
    if (constraint_at == std::string_view::npos) {
        const bool is_in = constraint.starts_with('.')
                               ? is_at_or_below(host, constraint.substr(1)) && host.size() >= constraint.size()
                               : equal_folded(host, constraint);
        return is_in ? Likeness::same : Likeness::different;
    }
    const std::string_view local = name.substr(0, at);
    const std::string_view constraint_local = constraint.substr(0, constraint_at);
    if (!equal_folded(host, constraint.substr(constraint_at + 1)) || !equal_folded(local, constraint_local))
        return Likeness::different;
    return local == constraint_local ? Likeness::same : Likeness::unclear;  // most hosts don't tell them apart
}

Likeness match_ip(ByteView address, ByteView constraint) {
    if (constraint.size() != 2 * address.size())
        return Likeness::different;
    const ByteView network = constraint.first(address.size());
    const ByteView mask = constraint.subspan(address.size());
    for (std::size_t i = 0; i < address.size(); ++i)
        if ((address[i] & mask[i]) != (network[i] & mask[i]))
            return Likeness::different;
    return Likeness::same;
}

Likeness match(const GeneralName &name, const GeneralName &constraint) {
    switch (name.kind) {
    case NameKind::dns:
        return match_dns(base::as_text(name.content), base::as_text(constraint.content));
    case NameKind::mailbox:
        return match_mailbox(base::as_text(name.content), base::as_text(constraint.content));
    case NameKind::ip_address:
        return match_ip(name.content, constraint.content);
    case NameKind::directory:
        return is_within(name.content, constraint.content);
    case NameKind::other:
    case NameKind::x400:
    case NameKind::edi_party:
    case NameKind::uri:
    case NameKind::registered_id:
        break;
    }
    return Likeness::unclear;
}

// ---- the names of a certificate ----

Result<std::vector<GeneralName>> names_of(const CertificateFields &fields) {
    std::vector<GeneralName> names;
    if (fields.alternative_names)
        names = fields.alternative_names->names;
    MOS_TRY(const std::vector<RelativeName> subject, read_name(fields.subject));
    if (!subject.empty())
        names.push_back({NameKind::directory, fields.subject});
    for (const RelativeName &relative_name : subject)
        for (const NameAttribute &attribute : relative_name)
            if (oid::is(attribute.type, oid::email_address))
                names.push_back({NameKind::mailbox, attribute.value.content});
    return names;
}

// A mailbox with characters beyond ASCII is an "other name", and constraints of mailboxes are meant for it too (RFC
// 9598 section 6).
bool is_international_mailbox(const GeneralName &name) {
    if (name.kind != NameKind::other)
        return false;
    der::Reader reader{name.content};
    const auto type = reader.object_identifier();
    return !type || oid::is(*type, oid::smtp_utf8_mailbox);
}

// ---- one certificate against the constraints of another ----

class Judgement {
  public:
    Judgement(const Certificate &certificate, const Certificate &authority)
        : m_certificate(certificate), m_authority(authority), m_constraints(*authority.fields().name_constraints) {}

    [[nodiscard]] Result<void> check(const GeneralName &name) const {
        const auto is_about = [&](const GeneralName &constraint) {
            return constraint.kind == name.kind ||
                   (constraint.kind == NameKind::mailbox && is_international_mailbox(name));
        };
        const bool is_permission_needed =
            std::any_of(m_constraints.permitted.begin(), m_constraints.permitted.end(), is_about);
        const bool is_constrained =
            is_permission_needed || std::any_of(m_constraints.excluded.begin(), m_constraints.excluded.end(), is_about);
        if (is_constrained && !is_understood(name.kind))
            return refuse(name, "constrain in a way that is not understood");
        for (const GeneralName &constraint : m_constraints.excluded)
            if (is_about(constraint) && match(name, constraint) != Likeness::different)
                return refuse(name, "exclude");
        if (is_permission_needed &&
            std::none_of(m_constraints.permitted.begin(), m_constraints.permitted.end(),
                         [&](const GeneralName &c) { return is_about(c) && match(name, c) == Likeness::same; }))
            return refuse(name, "do not permit");
        return {};
    }

  private:
    [[nodiscard]] Error refuse(const GeneralName &name, std::string_view what) const {
        return refusal(m_certificate,
                       fmt::format("has the {}, which the name constraints of {} {}", general_name_text(name),
                                   base::in_quotes(m_authority.subject()), what));
    }

    const Certificate &m_certificate;
    const Certificate &m_authority;
    const NameConstraints &m_constraints;
};

Result<void> check_constraints_themselves(const Certificate &authority) {
    for (const auto *subtrees :
         {&authority.fields().name_constraints->permitted, &authority.fields().name_constraints->excluded})
        for (const GeneralName &constraint : *subtrees)
            if (!is_constraint(constraint))
                return refusal(authority,
                               fmt::format("has a malformed name constraint: {}", general_name_text(constraint)));
    return {};
}

}  // namespace

Result<NameConstraints> read_name_constraints(ByteView value) {
    MOS_TRY(der::Reader reader, der::open(value, Tag::sequence));
    if (reader.at_end())
        return Error{Code::FORMAT, "name constraints are empty"};
    NameConstraints constraints;
    if (reader.next_is(der::context_constructed(0))) {
        MOS_TRY(const der::Reader list, reader.enter(der::context_constructed(0)));
        MOS_TRY(constraints.permitted, read_subtrees(list));
    }
    if (reader.next_is(der::context_constructed(1))) {
        MOS_TRY(const der::Reader list, reader.enter(der::context_constructed(1)));
        MOS_TRY(constraints.excluded, read_subtrees(list));
    }
    MOS_CHECK(reader.expect_end());
    return constraints;
}

Result<void> check_name_constraints(std::span<const Certificate> path) {
    std::size_t comparisons = 0;
    for (std::size_t above = path.size(); above-- > 1;) {
        const std::optional<NameConstraints> &constraints = path[above].fields().name_constraints;
        if (!constraints)
            continue;
        MOS_CHECK(check_constraints_themselves(path[above]));
        for (std::size_t below = 0; below < above; ++below) {
            if (below > 0 && is_self_issued(path[below]))
                continue;
            MOS_TRY(const std::vector<GeneralName> names, names_of(path[below].fields()));
            comparisons += names.size() * (constraints->permitted.size() + constraints->excluded.size());
            if (comparisons > max_name_comparisons)
                return refusal(
                    path[above],
                    fmt::format("has name constraints that take more than {} comparisons", max_name_comparisons),
                    Code::LIMIT);
            const Judgement judgement{path[below], path[above]};
            for (const GeneralName &name : names)
                MOS_CHECK(judgement.check(name));
        }
    }
    return {};
}

}  // namespace mos::crypto
