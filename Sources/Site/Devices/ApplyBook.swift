import Basics
import Domain

/// Which devices of ours were told what they shall be and have not taken it on yet: the broker may
/// drop what it has acknowledged. Part of the fleet.
struct ApplyBook {
    struct Open: Equatable {
        let command: AgentCommand.ID
        let revision: Int64
        var next: Duration
        var tries: Int
        /// It has said that it does not take it on.
        var isRefused = false
    }

    /// 3 s, then twice as long each time, up to a minute.
    private static let first = Duration.seconds(3)
    private static let longest = Duration.seconds(60)
    /// 60 s: what stands in its way, a disk that takes nothing, is not over in a moment.
    private static let afterRefusal = Duration.seconds(60)

    private var open: [Device.ID: Open] = [:]

    subscript(id: Device.ID) -> Open? { open[id] }

    mutating func sent(
        _ command: AgentCommand.ID, revision: Int64, to id: Device.ID, _ now: Duration
    ) {
        var entry =
            open[id].flatMap { $0.command == command ? $0 : nil }
            ?? Open(command: command, revision: revision, next: now, tries: 0)
        entry.next = now + min(Self.first * (1 << min(entry.tries, 8)), Self.longest)
        entry.tries += 1
        open[id] = entry
    }

    /// - Returns: whether the reply was to one of these.
    mutating func answered(_ command: AgentCommand.ID, by id: Device.ID) -> Bool {
        guard open[id]?.command == command else { return false }
        open[id] = nil
        return true
    }

    /// It does not take it on. Later it is asked by another order: what it has answered it does not
    /// do again.
    /// - Returns: whether the reply was to one of these.
    mutating func refused(
        _ command: AgentCommand.ID, by id: Device.ID, _ now: Duration
    ) -> Bool {
        guard let entry = open[id], entry.command == command else { return false }
        open[id] = Open(
            command: .random(), revision: entry.revision, next: now + Self.afterRefusal, tries: 0,
            isRefused: true)
        return true
    }

    /// The device works on this revision, or runs it.
    /// - Returns: whether it was to take on that one.
    mutating func reached(_ revision: Int64, by id: Device.ID) -> Bool {
        guard let entry = open[id], entry.revision <= revision else { return false }
        open[id] = nil
        return true
    }

    mutating func forget(_ id: Device.ID) { open[id] = nil }

    /// Those that are to be sent again; soon due once more if nobody does.
    mutating func takeDue(_ now: Duration) -> [Device.ID] {
        let due = open.filter { $0.value.next <= now }.map(\.key)
        for id in due { open[id]?.next = now + Self.first }
        return due
    }
}
