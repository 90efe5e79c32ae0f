// Merging at a rollback: what becomes of what somebody has changed since (MergeRule).
#pragma once

#include <mos/engine/job.hpp>
#include <mos/engine/rollback_step.hpp>
#include <mos/snapshot/restore.hpp>

#include <map>
#include <memory>
#include <string>

namespace mos::engine {

// Stands before a restoration's source: remembers of which path it is being told, so that a decision can compare both
// sides, and tells what is to be put beside a changed file.
class MergeSource final : public snapshot::RestorationSource {
  public:
    // Whether what is not as a package brought it counts as changed where the source knows of no change: a captured
    // point does not.
    enum class Edits : std::uint8_t { as_the_source_says, told };

    // `root` is borrowed.
    MergeSource(base::Directory &root, std::unique_ptr<snapshot::RestorationSource> source, MergeRule rule, Edits edits)
        : m_root(root), m_source(std::move(source)), m_rule(rule), m_edits(edits) {}

    // From here on the job is asked, where the rule is to ask; each answer holds for good.
    void ask_by(const Job::Ask &ask) { m_ask = &ask; }

    [[nodiscard]] std::string name() const override { return m_source->name(); }
    [[nodiscard]] Result<void> for_each(const Take &take) override;
    [[nodiscard]] Result<std::unique_ptr<base::File>> open_content(const snapshot::PastPath &past) override;
    [[nodiscard]] Result<std::vector<snapshot::PackageStep>> packages() override { return m_source->packages(); }

    // For RestoreOptions::decide; only while for_each() is under way.
    [[nodiscard]] Result<snapshot::RestoreChoice> decide(const snapshot::RestoreFinding &finding);

  private:
    [[nodiscard]] Result<snapshot::RestoreChoice> by_time(const snapshot::RestoreFinding &finding, bool newer);
    [[nodiscard]] Result<snapshot::RestoreChoice> by_question(const snapshot::RestoreFinding &finding);
    void put_beside();
    [[nodiscard]] Result<void> tell_beside(std::string_view before, const Take &take);

    base::Directory &m_root;
    std::unique_ptr<snapshot::RestorationSource> m_source;
    const MergeRule m_rule;
    const Edits m_edits;
    const Job::Ask *m_ask = nullptr;
    const snapshot::PastPath *m_present = nullptr;             // that is being told
    std::map<std::string, snapshot::PastPath> m_beside;        // to be told when their turn comes
    std::map<std::string, snapshot::PastPath> m_originals;     // of what was told to be put beside, by its path
    std::map<std::string, snapshot::RestoreChoice> m_answers;  // by path
};

}  // namespace mos::engine
