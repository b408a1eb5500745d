package import Domain

/// The fleet as a roll-out sees it: what its book says of each device, and whoever tells devices.
package struct BookedRolloutFleet: RolloutFleet {
    private let book: DeviceBook
    private let observer: any DeviceObserver

    package init(book: DeviceBook, observer: any DeviceObserver) {
        self.book = book
        self.observer = observer
    }

    package func desiredChanged(_ devices: [Device.ID]) async {
        await observer.desiredChanged(devices)
    }

    package func standings(of devices: [Device.ID]) async -> [DeviceStanding] {
        book.entries(of: devices).map { DeviceStanding($0, $1) }
    }
}

extension DeviceStanding {
    fileprivate init(_ id: Device.ID, _ entry: DeviceBook.Entry) {
        self.init(
            id: id, isConnected: entry.isConnected,
            seenAt: entry.isConnected
                ? entry.report?.seenAt : entry.presence?.since ?? entry.report?.seenAt)
        guard let report = entry.report else { return }
        state = report.state
        mode = report.mode
        snapshotID = report.snapshotID
        revision = report.revision
        phase = report.step.phase
        phaseRevision = report.step.revision
        done = report.step.done
        reason = report.step.reason ?? report.problem
    }
}

extension RolloutService: DeviceObserver {
    package nonisolated func ended(_ devices: [Device]) async { await refresh() }
}
