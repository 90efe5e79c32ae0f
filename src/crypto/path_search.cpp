#include "path_search.hpp"

#include "certificate_fields.hpp"
#include "path_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::crypto {

PathSearch::PathSearch(const ChainInput &input, const Profile &profile)
    : m_input(input), m_profile(profile),
      m_max_intermediates(std::min(profile.max_intermediates, max_path_intermediates)), m_revocation(input, profile) {}

Result<TrustedPath> PathSearch::run() {
    m_path = {m_input.leaf};
    MOS_TRY(const std::optional<std::size_t> root, extend());
    if (root)
        return TrustedPath{std::move(m_path), *root};
    return failure();
}

Error PathSearch::failure() const {
    if (m_path_error)
        return *m_path_error;
    if (m_link_error)
        return *m_link_error;
    if (m_is_cut_off)
        return refusal(m_input.leaf,
                       fmt::format("needs more than {} intermediates to reach a root", m_max_intermediates));
    const std::string name = shown_name(m_input.leaf);
    return Error{Code::SIGNER_UNTRUSTED, fmt::format("nothing in the trust folder vouches for {}, issued by {}",
                                                     base::in_quotes(name), base::in_quotes(m_input.leaf.issuer()))}
        .about(name);
}

Result<std::optional<std::size_t>> PathSearch::extend_by_root() {
    for (std::size_t i = 0; i < m_input.roots.size(); ++i) {
        MOS_TRY(const bool is_linked, append_issuer(m_input.roots[i]));
        if (!is_linked)
            continue;
        MOS_TRY(const bool is_good, judge());
        if (is_good)
            return std::optional{i};
        m_path.pop_back();
    }
    return std::optional<std::size_t>{};
}

Result<std::optional<std::size_t>> PathSearch::extend() {
    MOS_TRY(const std::optional<std::size_t> own_root, extend_by_root());
    if (own_root)
        return own_root;
    for (const Certificate &candidate : m_input.intermediates) {
        if (!has_room_for(candidate)) {
            m_is_cut_off = m_is_cut_off || (!is_in_path(candidate) && may_have_issued(candidate, m_path.back()));
            continue;
        }
        MOS_TRY(const bool is_linked, append_issuer(candidate));
        if (!is_linked)
            continue;
        MOS_TRY(const std::optional<std::size_t> root, extend());
        if (root)
            return root;
        m_path.pop_back();
    }
    return std::optional<std::size_t>{};
}

bool PathSearch::is_in_path(const Certificate &certificate) const {
    return std::ranges::any_of(m_path,
                               [&](const Certificate &c) { return std::ranges::equal(c.der(), certificate.der()); });
}

bool PathSearch::has_room_for(const Certificate &intermediate) const {
    if (is_self_issued(intermediate))
        return true;
    const auto counted =
        std::count_if(m_path.begin() + 1, m_path.end(), [](const Certificate &c) { return !is_self_issued(c); });
    return static_cast<std::size_t>(counted) < m_max_intermediates;
}

Result<bool> PathSearch::append_issuer(const Certificate &issuer) {
    if (is_in_path(issuer) || !may_have_issued(issuer, m_path.back()))
        return false;
    if (++m_steps > max_path_steps)
        return refusal(m_input.leaf, fmt::format("needs a search of more than {} steps", max_path_steps), Code::LIMIT);
    MOS_TRY(const bool is_signed, is_signed_by(m_path.back(), issuer));
    if (is_signed)
        m_path.push_back(issuer);
    return is_signed;
}

Result<bool> PathSearch::is_signed_by(const Certificate &certificate, const Certificate &issuer) {
    const std::pair link{certificate.der().data(), issuer.der().data()};
    if (const auto known = m_links.find(link); known != m_links.end())
        return known->second;
    if (m_links.size() == max_signature_trials)
        return refusal(m_input.leaf, fmt::format("needs a search of more than {} signatures", max_signature_trials),
                       Code::LIMIT);
    MOS_CHECK(spend());
    Result<void> checked = check_signature(certificate, issuer);
    m_links.emplace(link, checked.ok());
    if (!checked && !m_link_error)
        m_link_error = std::move(checked).error();
    return m_links.at(link);
}

Result<void> PathSearch::spend() { return m_input.budget != nullptr ? m_input.budget->spend() : Result<void>{}; }

// LIMIT ends the search: the next path would only take as long again.
Result<bool> PathSearch::judge() {
    Result<void> judged = check_whole_path();
    if (judged)
        return true;
    if (judged.error().code() == Code::LIMIT)
        return std::move(judged).error();
    if (!m_path_error)
        m_path_error = std::move(judged).error();
    return false;
}

Result<void> PathSearch::check_whole_path() {
    // A root is trusted without its own signature; a bad one tells that it is not what it seems. Old roots signed
    // themselves with SHA-1, which is none that could be looked at here.
    if (is_self_issued(m_path.back()) && m_path.back().fields().signature.algorithm) {
        MOS_CHECK(spend());
        MOS_CHECK(check_signature(m_path.back(), m_path.back()));
    }
    MOS_CHECK(check_path(m_path, m_input, m_profile));
    return m_revocation.check(m_path);
}

}  // namespace mos::crypto
