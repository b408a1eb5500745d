package import Domain
import SQLite

/// Stock agents: a bearer token and a broker password instead of a certificate.
extension EnrolmentStore {
    package struct StockSecrets: Sendable {
        package var tokenHash: [UInt8]
        package var brokerHash: [UInt8]
        /// Sealed.
        package var credentialSecret: [UInt8]

        package init(tokenHash: [UInt8], brokerHash: [UInt8], credentialSecret: [UInt8]) {
            self.tokenHash = tokenHash
            self.brokerHash = brokerHash
            self.credentialSecret = credentialSecret
        }
    }

    package enum StockOutcome: Sendable {
        /// - Parameter lockedOut: what the agent that it replaces came in as.
        case admitted(Device, teamName: String, lockedOut: Device?)
        case refused(EnrolmentRefusal)
    }

    /// One transaction: a use of the token, the device, its secrets.
    package func admitStock(
        _ token: EnrolmentToken.ID, at place: Place, _ secrets: StockSecrets, by actor: Actor
    ) async throws(StoreError) -> StockOutcome {
        try await database.write {
            (tx: borrowing Transaction) throws(StoreError) -> StockOutcome in
            if let refusal = try EnrolmentTokenStore.burn(token, in: tx) {
                return .refused(refusal)
            }
            let (device, former) = try EnrolmentStore.settle(place, .stock, by: actor, in: tx)
            return .admitted(
                try EnrolmentStore.put(secrets, device, by: actor, in: tx),
                teamName: try EnrolmentStore.teamName(of: device, in: tx), lockedOut: former)
        }
    }

    /// - Throws: `.conflict` for a device that comes with a certificate.
    package func renewStock(
        _ id: Device.ID, _ secrets: StockSecrets, by actor: Actor
    ) async throws(StoreError) -> (Device, String) {
        try await database.write {
            (tx: borrowing Transaction) throws(StoreError) -> (Device, String) in
            let former = try DeviceStore.get(id, in: tx)
            guard former.agent != .lineside else {
                throw .conflict("This device runs lineside agent: make a new bundle for it.")
            }
            let (device, _) = try EnrolmentStore.settle(
                .known(id, fresh: secrets.credentialSecret), .stock, by: actor, in: tx)
            return (
                try EnrolmentStore.put(secrets, device, by: actor, in: tx),
                try EnrolmentStore.teamName(of: device, in: tx)
            )
        }
    }

    private static func put(
        _ secrets: StockSecrets, _ device: Device, by actor: Actor, in tx: borrowing Transaction
    ) throws(StoreError) -> Device {
        try DeviceSecretStore.put(
            device.id, tokenHash: secrets.tokenHash, brokerHash: secrets.brokerHash, in: tx)
        try tx.run(EnrolmentSQL.setCredentialSecret, device.id, secrets.credentialSecret)
        try tx.record(
            AuditEvent(
                kind: "device.credentials-issued", object: device.reference,
                teamID: device.teamID,
                text: "Device “\(device.name)” got a token and a broker password"), by: actor)
        return try DeviceStore.get(device.id, in: tx)
    }

    private static func teamName(
        of device: Device, in tx: borrowing Transaction
    ) throws(StoreError) -> String {
        try tx.one("The team", EnrolmentSQL.teamName, device.teamID) { (row: borrowing Row) in
            row.text(0)
        }
    }
}
