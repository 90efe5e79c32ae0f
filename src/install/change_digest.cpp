#include "change_digest.hpp"

namespace mos::install {

ChangeDigest::ChangeDigest(const std::vector<StepSummary> &steps, const Steps &packages, const HookPlan &hooks) {
    m_digest.text("multiosupdate plan 2");
    for (std::size_t i = 0; i < steps.size(); ++i) {
        m_digest.number(static_cast<std::uint64_t>(steps[i].action));
        m_digest.text(steps[i].name);
        m_digest.text(steps[i].old_version);
        m_digest.text(steps[i].version);
        if (i < packages.installs.size())
            m_digest.text(base::as_text(packages.installs[i].package->statement().content_digest));
    }
    for (const state::Hook &call : hooks.calls()) {
        m_digest.number(static_cast<std::uint64_t>(call.moment));
        m_digest.text(call.kind);
        m_digest.text(call.text);
    }
    for (const HookPlan::File &file : hooks.files())
        m_digest.text(file.content);
}

void ChangeDigest::add(const Change &change) {
    if (change.kind == ChangeKind::unchanged || change.kind == ChangeKind::same_directory ||
        change.kind == ChangeKind::foreign_directory)
        return;
    m_digest.number(static_cast<std::uint64_t>(change.kind));
    m_digest.text(change.path);
    m_digest.text(change.note);  // what a person was told is part of what he agreed to
    if (change.wanted != nullptr)
        add(*change.wanted);
}

void ChangeDigest::add(const WantedEntry &wanted) {
    m_digest.number(static_cast<std::uint64_t>(wanted.type));
    add(wanted.attributes);
    m_digest.text(wanted.link_first);
    if (wanted.entry == nullptr)
        return;
    m_digest.text(wanted.entry->target);
    m_digest.text(base::as_text(wanted.entry->sha256));
}

void ChangeDigest::add(const state::Attributes &attributes) {
    m_digest.number(attributes.mode);
    m_digest.number(attributes.owner);
    m_digest.number(attributes.group);
    m_digest.number(static_cast<std::uint64_t>(attributes.modified.seconds));
    m_digest.number(static_cast<std::uint64_t>(attributes.modified.nanoseconds));
    m_digest.number(attributes.extended.size());
    for (const base::ExtendedAttribute &attribute : attributes.extended) {
        m_digest.text(attribute.name);
        m_digest.text(base::as_text(attribute.value));
    }
}

}  // namespace mos::install
