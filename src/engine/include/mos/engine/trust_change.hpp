// An engine's trust and policy, changed by one at a time: what a change has checked still holds when it writes.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/engine/revocation_lists.hpp>
#include <mos/engine/trust_folder.hpp>

#include <span>

namespace mos::engine {

// The engine's trust folder with the lock held: the root's, or that of a folder of the caller's in the folder itself.
class TrustChange {
  public:
    enum class Missing : std::uint8_t { create, refuse };  // the folder, where it is the root's own

    // TRUST_UNREADABLE, naming the folder; LOCKED, saying who has it.
    [[nodiscard]] static Result<TrustChange> begin(Engine &engine, Missing missing);

    [[nodiscard]] base::Directory &folder() noexcept { return *m_folder; }

    // As in trust_folder.hpp and revocation_lists.hpp, and told to whoever watches the engine.
    [[nodiscard]] Result<crypto::TrustEntry> add(const NewTrust &trust);
    [[nodiscard]] Result<void> remove(const std::string &id);
    [[nodiscard]] Result<void> add_list(const crypto::RevocationList &list);
    [[nodiscard]] Result<void> remove_list(const std::string &name, Forgetting forgetting);

  private:
    TrustChange(Engine &engine, std::unique_ptr<base::Directory> folder, RootLock lock)
        : m_engine(&engine), m_folder(std::move(folder)), m_lock(std::move(lock)) {}

    Engine *m_engine;  // never null
    std::unique_ptr<base::Directory> m_folder;
    RootLock m_lock;
};

// Adds it in a change of its own. What check_trust() refuses leaves no folder and no lock's file behind.
[[nodiscard]] Result<crypto::TrustEntry> add_trust(Engine &engine, const NewTrust &trust);

// policy::change_security_policy() with the root's lock held.
[[nodiscard]] Result<policy::SecurityPolicy> change_policy(Engine &engine,
                                                           std::span<const policy::PolicyChange> changes);

}  // namespace mos::engine
