import Basics
import Domain
import Synchronization

/// Reads and writes what stock agents stream, beside what they answer and say of themselves: on a
/// thread of its own, so that the flood of one holds up neither presence nor commands of the others.
actor StreamKeeper {
    private let executor = BlockingExecutor(label: "device streams")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private let log = Log("fleet")
    private let queue = Mutex(StreamQueue())
    private let news: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    init() {
        (news, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Messages that nobody will read.
    nonisolated var dropped: Int { queue.withLock { $0.dropped } }

    /// Returns at once.
    nonisolated func offer(_ topic: StockTopic, _ payload: [UInt8]) {
        let (isTaken, dropped) = queue.withLock { queue in
            (queue.put(.init(topic: topic, payload: payload)), queue.dropped)
        }
        if isTaken {
            bell.yield()
        } else if dropped % 100 == 1 {
            log.warning("\(dropped) messages with logs or samples of devices were dropped")
        }
    }

    nonisolated func forget(_ id: Device.ID) { queue.withLock { $0.forget(id) } }

    func run(for fleet: Fleet) async {
        for await _ in news {
            if Task.isCancelled { return }
            await drain(for: fleet)
        }
    }

    /// All that waits now.
    func drain(for fleet: Fleet) async {
        while true {
            let batch = queue.withLock { $0.take() }
            guard let topic = batch.first?.topic else { return }
            guard let device = await fleet.sender(topic.device, topic.team, as: .stock) else {
                continue
            }
            await keep(batch, of: device, for: fleet)
            await fleet.spoke(device)
        }
    }

    private func keep(_ batch: [StreamQueue.Piece], of device: Device, for fleet: Fleet) async {
        let now = fleet.parts.now()
        var records: [LogRecord] = []
        var samples: [ResourceSample] = []
        for piece in batch {
            do throws(StockFault) {
                if piece.topic.word == .logs {
                    records += try StockLog.read(piece.payload, at: now)
                } else {
                    samples += try StockSamples.read(piece.payload, at: now)
                }
            } catch { await fleet.refuse(error.description, device.id) }
        }
        await fleet.keep(records, of: device.id)
        await fleet.keep(samples, of: device.id)
    }
}
