import Domain

/// Logs and samples of devices that wait to be read and written, each device's in the order in
/// which they came, the devices in turn. Bounded; what does not fit is dropped and counted. Pure.
struct StreamQueue {
    struct Piece: Sendable, Equatable {
        let topic: StockTopic
        let payload: [UInt8]
    }

    /// 2 MB of one device, 16 MB of all.
    static let deviceLimit = 2 << 20
    static let limit = 16 << 20
    /// 1 MB: what is written together.
    static let batchLimit = 1 << 20

    private var waiting: [Device.ID: (pieces: ArraySlice<Piece>, bytes: Int)] = [:]
    private var turns: ArraySlice<Device.ID> = []
    private(set) var bytes = 0
    private(set) var dropped = 0

    var isEmpty: Bool { waiting.isEmpty }

    /// - Returns: false: it was dropped.
    mutating func put(_ piece: Piece) -> Bool {
        let id = piece.topic.device
        let size = piece.payload.count
        let own = waiting[id]?.bytes ?? 0
        guard own + size <= Self.deviceLimit, bytes + size <= Self.limit else {
            dropped += 1
            return false
        }
        if waiting[id] == nil { turns.append(id) }
        waiting[id, default: ([], 0)].pieces.append(piece)
        waiting[id]?.bytes += size
        bytes += size
        return true
    }

    /// Of the device whose turn it is: as much as is written together, of one kind.
    mutating func take() -> [Piece] {
        guard let id = turns.popFirst(), var own = waiting.removeValue(forKey: id) else {
            return []
        }
        var batch: [Piece] = []
        var size = 0
        while let next = own.pieces.first,
            next.topic.word == batch.first?.topic.word ?? next.topic.word,
            batch.isEmpty || size + next.payload.count <= Self.batchLimit
        {
            batch.append(own.pieces.removeFirst())
            size += next.payload.count
        }
        bytes -= size
        own.bytes -= size
        if !own.pieces.isEmpty {
            waiting[id] = own
            turns.append(id)
        }
        return batch
    }

    mutating func forget(_ id: Device.ID) {
        guard let own = waiting.removeValue(forKey: id) else { return }
        bytes -= own.bytes
        turns.removeAll { $0 == id }
    }
}
