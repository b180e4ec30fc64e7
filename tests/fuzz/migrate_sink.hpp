// Takes what a source gives, and holds it against what an import may be given.
#pragma once

#include "migrate/import_source.hpp"
#include "nanomdm/error.hpp"

#include <cstdlib>
#include <iostream>

namespace nanomdm::fuzz {

inline void require(bool holds, const char* what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

/// Only what is damaged may be refused, and as that.
template <class Read> void attempt(Read read) {
    try {
        read();
    } catch (const Error& error) {
        require(error.code() == Errc::corrupt || error.code() == Errc::invalid, error.what());
    }
}

class CheckingSink final : public migrate::ImportSink {
public:
    void expect(std::uint64_t) override {}
    void take(PushCertificate) override {}
    void take(ImportedEnrollment enrollment) override {
        const auto& [state, messages, at, unconfirmed, identity, hashes, may_claim, bootstrap, commands] =
            enrollment;
        require(state.enabled && state.push && state.token_update_tally == 1, "enrollment can be pushed to");
        require(messages.token_update.has_value(), "enrollment has its TokenUpdate");
        require(state.enrollment.is_user_channel() != messages.authenticate.has_value(),
                "devices have an Authenticate");
        for (const auto& hash : hashes) require(hash.size() == 64, "hash is one of SHA-256");
        for (const auto& command : commands) require(!command.command.uuid.empty(), "command has a UUID");
    }
    void skip(migrate::Skipped skipped) override { require(!skipped.reason.empty(), "skipped for a reason"); }
    void remark(migrate::Remark) override {}
};

} // namespace nanomdm::fuzz
