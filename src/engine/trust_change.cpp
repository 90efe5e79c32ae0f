#include <mos/engine/trust_change.hpp>

#include <mos/engine/trust_folder.hpp>

namespace mos::engine {

Result<TrustChange> TrustChange::begin(Engine &engine, Missing missing) {
    if (const auto &given = engine.settings().trust_folder; given) {
        MOS_TRY(TrustFolder folder, open_trust_folder(*given));
        MOS_TRY(RootLock lock, RootLock::take(engine, *folder.directory));
        return TrustChange{std::move(folder.directory), std::move(lock)};
    }
    if (missing == Missing::refuse) {
        MOS_TRY(TrustFolder folder, open_trust_folder(engine.root()));
        MOS_TRY(RootLock lock, RootLock::take(engine));
        return TrustChange{std::move(folder.directory), std::move(lock)};
    }
    MOS_TRY(RootLock lock, RootLock::take(engine));
    MOS_TRY(auto folder, make_trust_folder(engine.root()));
    return TrustChange{std::move(folder), std::move(lock)};
}

Result<policy::SecurityPolicy> change_policy(Engine &engine, std::span<const policy::PolicyChange> changes) {
    MOS_TRY(const RootLock lock, RootLock::take(engine));
    return policy::change_security_policy(engine.root(), changes);
}

}  // namespace mos::engine
