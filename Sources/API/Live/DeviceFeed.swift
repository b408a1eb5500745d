import Basics
package import Domain
import HTTP
package import Site

/// Changes of devices: of the list the ids that a listener may see, of one device what it looks
/// like now.
package struct DeviceFeed: LiveFeed {
    /// A device as a caller sees it, as JSON; `nil` where it is gone.
    package typealias Look = @Sendable (Device.ID, Caller) async -> [UInt8]?

    private let book: DeviceBook
    private let look: Look

    package init(book: DeviceBook, look: @escaping Look) {
        self.book = book
        self.look = look
    }

    package func value(
        of message: EventBus.Message, for caller: Caller, called: Authority?
    ) async -> [UInt8]? {
        guard let payload = try? JSONReader.read(message.payload, limit: message.payload.count)
        else { return nil }
        if let id = payload["id"]?.string.flatMap(Device.ID.init) {
            guard mayHear(id, caller) else { return nil }
            return await look(id, caller)
        }
        let ids = (payload["ids"]?.array ?? []).compactMap { $0.string.flatMap(Device.ID.init) }
        let own = ids.filter { mayHear($0, caller) }
        guard !own.isEmpty else { return nil }
        var json = JSONWriter()
        json.object { json in json.field("ids", own.map(\.text)) }
        return json.bytes
    }

    private func mayHear(_ id: Device.ID, _ caller: Caller) -> Bool {
        // One that is gone has no place any more: whoever may see all devices hears of it.
        caller.may(.deviceRead, at: book[id]?.path ?? .site)
    }
}
