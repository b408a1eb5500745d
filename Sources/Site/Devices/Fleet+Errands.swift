package import Domain

/// What is done beside hearing what devices say.
extension Fleet {
    /// At one moment: each is a row, perhaps a document, and a message.
    private static let lanes = 32

    func followErrands() async {
        for await _ in errands.news {
            if Task.isCancelled { return }
            await runErrands()
        }
    }

    /// All that wait now.
    package func runErrands() async {
        await eachInLanes(errands.takeAll()) { (id, errand) in await self.run(errand, for: id) }
    }

    /// Called by whoever changed what devices shall be, after the commit. Those that are away
    /// learn of it when they come back.
    package func desiredChanged(_ ids: [Device.ID]) async {
        await eachInLanes(ids) { await self.bringUp($0) }
    }

    private nonisolated func eachInLanes<Item: Sendable>(
        _ items: [Item], _ work: @escaping @Sendable (Item) async -> Void
    ) async {
        let lanes = min(Self.lanes, items.count)
        await withDiscardingTaskGroup { group in
            for lane in 0..<lanes {
                group.addTask {
                    for index in stride(from: lane, to: items.count, by: lanes) {
                        await work(items[index])
                    }
                }
            }
        }
    }

    private func run(_ errand: DeviceErrands.Errand, for id: Device.ID) async {
        // One that is away again is seen to when it comes back.
        guard book[id]?.isConnected == true else { return }
        if errand.contains(.missed) { await catchUp(id) }
        if errand.contains(.apply) {
            await apply(id)
        } else if errand.contains(.askAgain) {
            await askAgain(id)
        }
    }
}
