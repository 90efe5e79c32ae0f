#include <mos/engine/trust_change.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

namespace mos::engine {

using base::Event;
using base::EventType;

namespace {

Event added_event(const crypto::TrustEntry &entry) {
    Event event = base::make_event(EventType::trust_added, entry.id,
                                   fmt::format("{} is trusted: {}", base::in_quotes(entry.name), entry.fingerprint()));
    event.payload = {{"name", entry.name}, {"fingerprint", entry.fingerprint()}};
    return event;
}

Event list_event(const crypto::RevocationList &list) {
    Event event = base::make_event(EventType::revocation_list_added, list.issuer(),
                                   fmt::format("a revocation list of {} was stored", base::in_quotes(list.issuer())));
    event.payload = {{"number", base::to_hex(list.number())}, {"revoked", static_cast<std::int64_t>(list.size())}};
    return event;
}

Event policy_event(std::span<const policy::PolicyChange> changes) {
    Event event = base::make_event(EventType::policy_changed, policy::security_policy_path,
                                   fmt::format("{} keys of the security policy were set", changes.size()));
    for (const policy::PolicyChange &change : changes)
        event.payload.push_back({change.path, change.value});
    return event;
}

}  // namespace

Result<TrustChange> TrustChange::begin(Engine &engine, Missing missing) {
    if (const auto &given = engine.settings().trust_folder; given) {
        MOS_TRY(TrustFolder folder, open_trust_folder(*given));
        MOS_TRY(RootLock lock, RootLock::take(engine, *folder.directory));
        return TrustChange{engine, std::move(folder.directory), std::move(lock)};
    }
    if (missing == Missing::refuse) {
        MOS_TRY(TrustFolder folder, open_trust_folder(engine.root()));
        MOS_TRY(RootLock lock, RootLock::take(engine));
        return TrustChange{engine, std::move(folder.directory), std::move(lock)};
    }
    MOS_TRY(RootLock lock, RootLock::take(engine));
    MOS_TRY(auto folder, make_trust_folder(engine.root()));
    return TrustChange{engine, std::move(folder), std::move(lock)};
}

Result<crypto::TrustEntry> TrustChange::add(const NewTrust &trust) {
    MOS_TRY(crypto::TrustEntry entry, add_trust(*m_folder, trust));
    m_engine->events().tell([&] { return added_event(entry); });
    return entry;
}

Result<void> TrustChange::remove(const std::string &id) {
    MOS_CHECK(remove_trust(*m_folder, id));
    m_engine->events().tell([&] {
        return base::make_event(EventType::trust_removed, id,
                                fmt::format("entry {} is trusted no more", base::in_quotes(id)));
    });
    return {};
}

Result<void> TrustChange::add_list(const crypto::RevocationList &list) {
    MOS_CHECK(add_revocation_list(*m_folder, list));
    m_engine->events().tell([&] { return list_event(list); });
    return {};
}

Result<void> TrustChange::remove_list(const std::string &name, Forgetting forgetting) {
    MOS_CHECK(remove_revocation_list(*m_folder, name, forgetting));
    m_engine->events().tell([&] {
        return base::make_event(EventType::revocation_list_removed, name,
                                fmt::format("the revocation list {} was removed", base::in_quotes(name)));
    });
    return {};
}

Result<crypto::TrustEntry> add_trust(Engine &engine, const NewTrust &trust) {
    MOS_CHECK(check_trust(trust));
    MOS_TRY(TrustChange change, TrustChange::begin(engine, TrustChange::Missing::create));
    return change.add(trust);
}

Result<policy::SecurityPolicy> change_policy(Engine &engine, std::span<const policy::PolicyChange> changes) {
    MOS_TRY(const RootLock lock, RootLock::take(engine));
    MOS_TRY(policy::SecurityPolicy policy, policy::change_security_policy(engine.root(), changes));
    engine.events().tell([&] { return policy_event(changes); });
    return policy;
}

}  // namespace mos::engine
