package import Domain
import Synchronization

/// Remembers who sent a deploy through the editors' gateway. Who deployed stands in the spool as the
/// instance says it, and a hostile flow can write there: only what was seen here goes into the audit
/// log under a person's name. Kept in memory: a deploy that a kill of the appliance comes between is
/// nobody's.
package final class EditorWitness: Sendable {
    private struct Sighting: Hashable {
        let instance: Instance.ID
        let user: String
    }

    /// 120 s: Node-RED has written a deploy of 200 MB by then.
    private static let memory = Duration.seconds(120)
    private static let capacity = 10_000

    private let sightings = Mutex<[Sighting: [ContinuousClock.Instant]]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
        self.now = now
    }

    package func note(_ user: String, deploysTo instance: Instance.ID) {
        let end = now() + Self.memory
        sightings.withLock { sightings in
            if sightings.count >= Self.capacity { sightings.removeAll() }
            sightings[Sighting(instance: instance, user: user), default: []].append(end)
        }
    }

    /// Whether one of the deploys that were seen is this one; it counts once.
    package func confirms(_ user: String, of instance: Instance.ID) -> Bool {
        let moment = now()
        let key = Sighting(instance: instance, user: user)
        return sightings.withLock { sightings in
            var ends = (sightings[key] ?? []).filter { $0 > moment }
            let isSeen = !ends.isEmpty
            if isSeen { ends.removeFirst() }
            sightings[key] = ends.isEmpty ? nil : ends
            return isSeen
        }
    }
}
