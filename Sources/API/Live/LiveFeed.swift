import Basics
package import Domain
import HTTP
package import Site

/// Makes of a message on the event bus what one listener may see of it.
package protocol LiveFeed: Sendable {
    /// The value to send, as JSON; `nil` where this caller may not see it.
    func value(
        of message: EventBus.Message, for caller: Caller, called: Authority?
    ) async -> [UInt8]?
}

/// Sends a message on as it is: for topics that were authorized as a whole.
struct PlainFeed: LiveFeed {
    func value(
        of message: EventBus.Message, for caller: Caller, called: Authority?
    ) async -> [UInt8]? {
        message.payload
    }
}
