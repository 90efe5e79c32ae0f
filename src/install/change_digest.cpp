#include "change_digest.hpp"

namespace mos::install {

ChangeDigest::ChangeDigest(const std::vector<StepSummary> &steps, const Steps &packages, const HookPlan &hooks) {
    field("multiosupdate plan 2");
    for (std::size_t i = 0; i < steps.size(); ++i) {
        field(std::to_string(static_cast<int>(steps[i].action)));
        field(steps[i].name);
        field(steps[i].old_version);
        field(steps[i].version);
        if (i < packages.installs.size())
            field(base::as_text(packages.installs[i].package->statement().content_digest));
    }
    for (const state::Hook &call : hooks.calls()) {
        field(std::to_string(static_cast<int>(call.moment)));
        field(call.kind);
        field(call.text);
    }
    for (const HookPlan::File &file : hooks.files())
        field(file.content);
}

// Length before text: no two lists of fields give the same bytes.
void ChangeDigest::field(std::string_view text) {
    base::Bytes length;
    base::append_u64(length, text.size());
    m_hasher.update(length);
    m_hasher.update(base::as_bytes(text));
}

void ChangeDigest::add(const Change &change) {
    if (change.kind == ChangeKind::unchanged || change.kind == ChangeKind::same_directory ||
        change.kind == ChangeKind::foreign_directory)
        return;
    field(std::to_string(static_cast<int>(change.kind)));
    field(change.path);
    field(change.note);  // what a person was told is part of what he agreed to
    const WantedEntry *const wanted = change.wanted;
    if (wanted == nullptr)
        return;
    field(std::to_string(static_cast<int>(wanted->type)));
    field(state::attributes_to_text(wanted->attributes));
    field(wanted->link_first);
    if (wanted->entry != nullptr) {
        field(wanted->entry->target);
        field(base::as_text(wanted->entry->sha256));
    }
}

std::string ChangeDigest::finish() { return base::to_hex(m_hasher.finish()); }

}  // namespace mos::install
