import Basics
package import Domain
package import Store

/// Takes devices what they come in by. First what needs no disk: they are locked out in memory and
/// their sessions end. Then the registry is told; where that fails the lock stays, over restarts
/// too, is written as soon as the registry takes it, and an alarm stands meanwhile.
package actor RevocationKeeper: Service {
    package struct Failure: Error, Sendable, Equatable {
        package var name: String
        /// A restart keeps the lock.
        package var isKept: Bool
        package var reason: StoreError

        package init(name: String, isKept: Bool, reason: StoreError) {
            self.name = name
            self.isKept = isKept
            self.reason = reason
        }
    }

    package enum Fault: Error, Sendable, Equatable {
        /// There is no such device, or nobody can say.
        case store(StoreError)
        /// It is out, and the registry does not know.
        case unwritten(Failure)
    }

    private static let pause = Duration.seconds(10)

    private let stores: Stores
    private let signer: any DeviceSigner
    private let observer: any DeviceObserver
    private let alarms: any DeviceAlarmBoard
    private let executor = BlockingExecutor(label: "revocation reserve")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private let log = Log("certificates")
    private var reserve: RevocationReserve
    private var pending: [RevocationReserve.Entry]
    private var isKept = true

    /// Reads the reserve: before anybody asks the registry who may come in.
    /// - Parameter file: where the reserve is; its place is taken now.
    package init(
        stores: Stores, signer: any DeviceSigner, observer: any DeviceObserver,
        alarms: any DeviceAlarmBoard, file: String
    ) {
        self.stores = stores
        self.signer = signer
        self.observer = observer
        self.alarms = alarms
        reserve = RevocationReserve(file)
        pending = reserve.load()
        for entry in pending { stores.lockout.insert(entry.device) }
    }

    /// Locks out whom a former start of the appliance could not write down; before the registry is
    /// read by whoever remembers what it says.
    package static func lockOut(_ stores: Stores, file: String) {
        var reserve = RevocationReserve(file)
        for entry in reserve.load() { stores.lockout.insert(entry.device) }
    }

    package func revoke(_ id: Device.ID, by actor: Actor) async throws(Fault) -> Device {
        let device: Device
        do throws(StoreError) { device = try await stores.devices.get(id) } catch {
            throw .store(error)
        }
        stores.lockout.insert(id)
        signer.forget(of: id)
        await observer.ended([device])
        do throws(StoreError) { return try await write(id, by: actor) } catch {
            if case .notFound = error {
                stores.lockout.remove(id)
                throw .store(error)
            }
            if !pending.contains(where: { $0.device == id }) {
                pending.append(.init(device: id, actor: actor))
            }
            isKept = reserve.keep(pending)
            let failure = Failure(name: device.name.text, isKept: isKept, reason: error)
            log.error("\(failure)")
            alarms.raise(.deviceRevocation, "\(failure)", on: id)
            throw .unwritten(failure)
        }
    }

    private func write(_ id: Device.ID, by actor: Actor) async throws(StoreError) -> Device {
        let (device, serials) = try await stores.enrolments.revoke(id, by: actor)
        signer.forget(serials)
        stores.lockout.remove(id)
        guard let index = pending.firstIndex(where: { $0.device == id }) else { return device }
        pending.remove(at: index)
        isKept = reserve.keep(pending)
        alarms.clear(.deviceRevocation, on: id)
        log.notice("the registry knows now that “\(device.name)” is revoked")
        return device
    }

    /// Writes what is not written yet, as far as it can be.
    package func settle() async {
        for entry in pending {
            do throws(StoreError) { _ = try await write(entry.device, by: entry.actor) } catch {
                if case .notFound = error {
                    // It was deleted, and everything of it.
                    pending.removeAll { $0.device == entry.device }
                    stores.lockout.remove(entry.device)
                    isKept = reserve.keep(pending)
                    continue
                }
                if !isKept { isKept = reserve.keep(pending) }
                return
            }
        }
    }

    package var unwritten: [Device.ID] { pending.map(\.device) }

    package func run() async throws {
        for entry in pending {
            log.error("device \(entry.device) was revoked, and the registry does not know it yet")
            alarms.raise(
                .deviceRevocation,
                "This device was revoked before the last start of the appliance, and that could not "
                    + "be written down. It stays locked out: make room on the disk.",
                on: entry.device)
        }
        while true {
            await settle()
            try await Task.sleep(for: Self.pause)
        }
    }
}

extension RevocationKeeper.Failure: CustomStringConvertible {
    package var description: String {
        let why =
            switch reason {
            case .full: "the disk is full"
            case .busy: "the registry is busy"
            case .conflict, .corrupt, .notFound: "the registry cannot be written"
            }
        let until =
            isKept
            ? "It is written by itself when that is over, and a restart keeps the lock."
            : "It is written by itself when that is over. Before that a restart would let the device "
                + "in again: then revoke it once more."
        return "“\(name)” is locked out and its sessions have ended, but \(why): the registry does "
            + "not say so yet. \(until)"
    }
}
