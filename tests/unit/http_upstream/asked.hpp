// A server that is asked, and one that asks it.
#pragma once

#include "http/upstream/upstream_server.hpp"
#include "nanomdm/error.hpp"
#include "nanomdm/service/upstream.hpp"
#include "support/upstream/upstream.hpp"

namespace nanomdm::http::test {

using nanomdm::test::hmac_signature;
using nanomdm::test::Upstream;
using nanomdm::test::UpstreamReply;
using nanomdm::test::UpstreamRequest;

inline Enrollment user_channel() {
    return {EnrollmentId{"UDID-1:jo@example.org"}, EnrollmentType::shared_ipad, EnrollmentId{"UDID-1"}};
}

inline Request request() { return {nullptr, {}, "0123456789abcdef"}; }

/// What came of asking: "200 BODY", the status of a refusal, or the name of the failure.
template <class Ask> std::string outcome(Ask ask) {
    try {
        return "200 " + ask();
    } catch (const UpstreamRefusal& refusal) {
        return std::to_string(refusal.status());
    } catch (const Error& error) {
        switch (error.code()) {
        case Errc::upstream_failed:
            return "failed";
        case Errc::invalid:
            return "invalid";
        case Errc::unavailable:
            return "unavailable";
        default:
            return error.what();
        }
    }
}

} // namespace nanomdm::http::test
