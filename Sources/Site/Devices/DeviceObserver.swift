package import Domain

/// Who must hear at once of what happens in the registry of devices: the broker's access, the
/// fleet, the doors. Told after the commit; what is missed is found again at the next start.
package protocol DeviceObserver: Sendable {
    /// They are new, or come in with other secrets, another certificate or other rights.
    func admitted(_ devices: [Device.ID]) async
    /// What they shall be has changed.
    func desiredChanged(_ devices: [Device.ID]) async
    /// They may come in no more, as they were: their sessions end now.
    func ended(_ devices: [Device]) async
}

extension DeviceObserver {
    package func admitted(_ devices: [Device.ID]) async {}
    package func desiredChanged(_ devices: [Device.ID]) async {}
    package func ended(_ devices: [Device]) async {}
}

/// Tells several, one after the other.
package struct DeviceObservers: DeviceObserver {
    private let observers: [any DeviceObserver]
    package init(_ observers: [any DeviceObserver] = []) { self.observers = observers }

    package func admitted(_ devices: [Device.ID]) async {
        for observer in observers { await observer.admitted(devices) }
    }

    package func desiredChanged(_ devices: [Device.ID]) async {
        for observer in observers { await observer.desiredChanged(devices) }
    }

    package func ended(_ devices: [Device]) async {
        for observer in observers { await observer.ended(devices) }
    }
}
