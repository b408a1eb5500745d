import Synchronization

/// Connections whose handshake is not over, by network. Where there are too many the oldest of the
/// network that holds most has to go: a flood pushes out itself.
struct OpenHandshakes {
    typealias Place = ConnectionLimits.Place

    private struct Crowd {
        let network: String
        /// Of `waiting`, those that are still open.
        var count = 0
        /// Oldest first; the one at `first` is open, later ones may no longer be.
        var waiting: [(number: UInt64, place: Place)] = []
        var first = 0

        /// Call while `count` is not 0.
        mutating func skipEnded() {
            while first < waiting.count, !waiting[first].place.isOpening { first += 1 }
            guard waiting.count > count * 2 + 32 else { return }
            waiting.removeAll { !$0.place.isOpening }
            first = 0
        }
    }

    let total: Int
    let perNetwork: Int
    private(set) var count = 0
    private var crowds: [Crowd] = []
    private var indices: [String: Int] = [:]
    private var number: UInt64 = 0

    init(total: Int, perNetwork: Int) {
        self.total = total
        self.perNetwork = perNetwork
    }

    /// - Returns: the one that makes room; it counts no more.
    mutating func add(_ place: Place, _ network: String) -> (place: Place, network: String)? {
        var victim: (Place, String)?
        if let index = indices[network], crowds[index].count >= perNetwork {
            victim = endOldest(index)
        } else if count >= total, let index = largest() {
            victim = endOldest(index)
        }
        let index: Int
        if let known = indices[network] {
            index = known
        } else {
            index = crowds.count
            crowds.append(Crowd(network: network))
            indices[network] = index
        }
        number += 1
        crowds[index].waiting.append((number, place))
        crowds[index].count += 1
        count += 1
        return victim
    }

    /// - Parameter network: under which one was added that is opening no more.
    mutating func remove(_ network: String) {
        guard let index = indices[network] else { return }
        count -= 1
        crowds[index].count -= 1
        if crowds[index].count > 0 { return crowds[index].skipEnded() }
        indices[network] = nil
        crowds.swapAt(index, crowds.count - 1)
        crowds.removeLast()
        if index < crowds.count { indices[crowds[index].network] = index }
    }

    private mutating func endOldest(_ index: Int) -> (Place, String) {
        let network = crowds[index].network
        let place = crowds[index].waiting[crowds[index].first].place
        place.stage.withLock { $0 = .ended }
        remove(network)
        return (place, network)
    }

    /// Of several that hold as many, the one whose oldest waits longest.
    private func largest() -> Int? {
        crowds.indices.max { left, right in
            let (held, other) = (crowds[left].count, crowds[right].count)
            return held != other ? held < other : oldest(left) > oldest(right)
        }
    }

    private func oldest(_ index: Int) -> UInt64 {
        crowds[index].waiting[crowds[index].first].number
    }
}
