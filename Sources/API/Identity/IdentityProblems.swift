import HTTP
package import Site
import Store

/// A refusal of the front desk, with the wait where there is one.
extension Problem {
    package init(_ refusal: FrontDesk.Refusal) {
        switch refusal {
        case .wrong:
            self = Problem(
                type: "/problems/unauthenticated", title: "Not signed in", status: 401,
                detail: "Name or password is wrong, or the code or link is no longer valid.")
        case .throttled(let seconds):
            self = .throttled("Too many attempts. Try again in \(seconds) seconds.")
            retryAfter = seconds
        case .busy: self = .busy("Many people sign in at the moment. Try again in a few seconds.")
        case .setupRequired:
            self = Problem(
                type: "/problems/setup-required", title: "Not set up yet", status: 409,
                detail: "Open the address that the appliance printed at its start.")
        case .invalid(let field, let reason): self = .invalid(field, reason)
        case .store(let error): self = Problem(error)
        }
    }
}

/// What the front desk says, or its refusal as a problem.
func atDesk<Value>(
    _ body: () async throws(FrontDesk.Refusal) -> Value
) async throws(Problem) -> Value {
    do throws(FrontDesk.Refusal) { return try await body() } catch { throw Problem(error) }
}
