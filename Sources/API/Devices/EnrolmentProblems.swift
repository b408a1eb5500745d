import Basics
import Domain
import HTTP
import Site

extension Problem {
    init(_ refusal: EnrolmentRefusal) {
        let isThrottled = refusal.word == EnrolmentRefusal.tooMany(seconds: 0).word
        self.init(
            type: "/problems/enrolment/\(refusal.word)", title: "Not let in",
            status: isThrottled ? 429 : 403, detail: refusal.sentence)
        if case .tooMany(let seconds) = refusal { retryAfter = seconds }
    }

    init(_ fault: EnrolmentDesk.Fault) {
        switch fault {
        case .refusal(let refusal): self.init(refusal)
        case .tooLarge: self = .tooLarge(limit: ByteCount(EnrolmentTerms.maximumRequestSize))
        case .malformed(let sentence): self = .malformed(sentence)
        case .signer(let fault):
            self = .busy(fault.description)
            if case .throttled(let seconds) = fault { retryAfter = seconds }
        case .store(let error): self.init(error)
        case .sealing: self = .storage
        case .unwritten(let failure):
            self.init(failure.reason)
            type = "/problems/revocation-unwritten"
            title = "Locked out, and not written down"
            detail = failure.description
        }
    }

    init(_ fault: StockEnrolment.Fault) {
        switch fault {
        case .refusal(let refusal): self.init(refusal)
        case .otherTeam: self.init(EnrolmentRefusal.refused("This token is for another team."))
        case .store(let error): self.init(error)
        case .sealing: self = .storage
        }
    }
}

/// What the desk says, or its fault as a problem.
func atDesk<Value>(
    _ body: () async throws(EnrolmentDesk.Fault) -> Value
) async throws(Problem) -> Value {
    do throws(EnrolmentDesk.Fault) { return try await body() } catch { throw Problem(error) }
}
