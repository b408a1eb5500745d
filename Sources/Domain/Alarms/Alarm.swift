package import Basics

/// Something is wrong with an object, since when, and what to do about it. At most one open alarm
/// of a kind an object.
package struct Alarm: Sendable, Equatable {
    package typealias ID = Identifier<Alarm>
    package enum Severity: String, Sendable, CaseIterable {
        case warning, alarm
    }

    package var id: ID
    package var kind: AlarmKind
    package var object: ObjectReference
    package var severity: Severity
    /// One sentence that says what to do.
    package var text: String
    package var since: Timestamp
    package var acknowledgedBy: String?
    package var acknowledgedAt: Timestamp?
    package var clearedAt: Timestamp?
    /// Where the object hangs: who may see the alarm.
    package var path: ScopePath

    package init(
        id: ID, kind: AlarmKind, object: ObjectReference, severity: Severity, text: String,
        since: Timestamp, acknowledgedBy: String? = nil, acknowledgedAt: Timestamp? = nil,
        clearedAt: Timestamp? = nil, path: ScopePath
    ) {
        self.id = id
        self.kind = kind
        self.object = object
        self.severity = severity
        self.text = text
        self.since = since
        self.acknowledgedBy = acknowledgedBy
        self.acknowledgedAt = acknowledgedAt
        self.clearedAt = clearedAt
        self.path = path
    }
}

/// What can be wrong. A new kind is a new case here and nothing else.
package enum AlarmKind: String, Sendable, CaseIterable {
    case instanceCrashed = "instance.crashed"
    case instanceSafeMode = "instance.safe-mode"
    case instanceUnresponsive = "instance.unresponsive"
    case instanceMissingTypes = "instance.missing-types"
    case instanceFlowsUnreadable = "instance.flows-unreadable"
    case instanceCredentials = "instance.credentials-unreadable"
    case instancePort = "instance.port-taken"
    case instanceStack = "instance.stack-missing"
    case instanceLogFlood = "instance.log-flood"
    case instanceSpool = "instance.spool"
    case instanceDirectory = "instance.directory"
    /// Its files area is over its quota.
    case instanceFiles = "instance.files"
    case deviceOffline = "device.offline"
    case deviceError = "device.error"
    case deviceRolledBack = "device.rolled-back"
    /// It was revoked, and that could not be written down.
    case deviceRevocation = "device.revocation-unwritten"
    /// Many at once: one alarm instead of one each.
    case siteDevicesOffline = "site.devices-offline"
    case deploymentStopped = "deployment.stopped"
    case brokerDown = "broker.down"
    case brokerDropped = "broker.dropped"
    /// It is about to be at its limit of memory.
    case brokerMemory = "broker.memory"
    /// Somebody has more retained messages than it keeps of one.
    case brokerRetained = "broker.retained"
    /// What it had kept could not be loaded.
    case brokerDatabase = "broker.database"
    case siteDisk = "site.disk-full"
    case siteDatabase = "site.database"
    case siteCertificate = "site.certificate"
    case siteClock = "site.clock"
    /// Some were turned away.
    case siteConnections = "site.connections"
    case siteVault = "site.vault-damaged"
    /// What nothing needs any more cannot be told from what is needed.
    case siteVaultGrows = "site.vault-grows"
    /// The recovery kit was not downloaded yet.
    case certificateKit = "certificate.kit-missing"
    /// One that somebody of the plant must renew.
    case certificateExpiring = "certificate.expiring"

    package var severity: Alarm.Severity {
        switch self {
        case .instanceCredentials, .instanceLogFlood, .instanceMissingTypes, .siteCertificate,
            .siteClock, .siteVaultGrows, .siteConnections, .certificateKit, .certificateExpiring,
            .instancePort, .instanceFiles, .deviceOffline, .deviceRolledBack, .brokerDropped,
            .brokerRetained:
            .warning
        default: .alarm
        }
    }
}
