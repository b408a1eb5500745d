import Basics
package import Domain

/// When a device that went is worth an alarm: not for a moment, not one each for a whole cell
/// that lost its switch, and not at all while nobody can know because the broker itself is away.
package struct OfflineJudge: Sendable {
    package enum Verdict: Sendable, Equatable {
        case raise(Device.ID), clear(Device.ID)
        /// One alarm of the site for so many.
        case raiseMany(Int)
        case clearMany
    }

    /// 90 s: a stock agent comes back within 25 s, one that is restarted within a minute.
    package static let grace = Duration.seconds(90)
    /// 180 s: after the broker was away all must have had time to come back.
    package static let settling = Duration.seconds(180)
    /// More at once than anybody wants to read one by one.
    package static let many = 20

    private var gone: [Device.ID: Duration] = [:]
    private var raised: Set<Device.ID>
    private var crowd: Set<Device.ID> = []
    private var told = 0
    private var upSince: Duration?

    /// - Parameter raised: those with an open alarm.
    package init(raised: Set<Device.ID> = []) { self.raised = raised }

    package mutating func came(_ id: Device.ID) -> [Verdict] {
        gone[id] = nil
        crowd.remove(id)
        return raised.remove(id) == nil ? [] : [.clear(id)]
    }

    /// - Parameter now: since the start of the appliance.
    package mutating func left(_ id: Device.ID, _ now: Duration) {
        if gone[id] == nil { gone[id] = now }
    }

    /// It is not of the site any more.
    package mutating func forget(_ id: Device.ID) -> [Verdict] { came(id) }

    package mutating func link(isUp: Bool, _ now: Duration) { upSince = isUp ? now : nil }

    package mutating func judge(_ now: Duration) -> [Verdict] {
        guard let upSince, now >= upSince + Self.settling else { return [] }
        let due = gone.filter { id, since in
            max(since, upSince) + Self.grace <= now && !raised.contains(id) && !crowd.contains(id)
        }.map(\.key)
        var verdicts: [Verdict] = []
        if due.count + crowd.count > Self.many {
            crowd.formUnion(due)
        } else {
            // A crowd of which most came back is a few devices.
            let single = due + crowd
            crowd = []
            raised.formUnion(single)
            verdicts += single.sorted { $0.text < $1.text }.map(Verdict.raise)
        }
        if crowd.count != told {
            verdicts.append(crowd.isEmpty ? .clearMany : .raiseMany(crowd.count))
            told = crowd.count
        }
        return verdicts
    }
}
