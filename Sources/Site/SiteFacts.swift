package import Basics

/// How the appliance itself is, apart from what it runs.
package struct SiteCondition: Sendable, Equatable {
    package struct Notice: Sendable, Equatable {
        /// `direct-backend`: a word that the page knows.
        package let kind: String
        package let text: String
        package init(kind: String, text: String) {
            self.kind = kind
            self.text = text
        }
    }

    package var version: String
    package var uptimeSeconds: Int
    package var diskTotal: ByteCount
    package var diskFree: ByteCount
    package var databaseSize: ByteCount
    package var certificateExpiresAt: Timestamp?
    package var lastBackupAt: Timestamp?
    /// Flows run as the appliance's own user.
    package var isDirectBackend: Bool
    package var notices: [Notice]

    package init(
        version: String, uptimeSeconds: Int, diskTotal: ByteCount, diskFree: ByteCount,
        databaseSize: ByteCount, certificateExpiresAt: Timestamp?, lastBackupAt: Timestamp?,
        isDirectBackend: Bool, notices: [Notice]
    ) {
        self.version = version
        self.uptimeSeconds = uptimeSeconds
        self.diskTotal = diskTotal
        self.diskFree = diskFree
        self.databaseSize = databaseSize
        self.certificateExpiresAt = certificateExpiresAt
        self.lastBackupAt = lastBackupAt
        self.isDirectBackend = isDirectBackend
        self.notices = notices
    }
}

/// Asked at each view of the overview.
package protocol SiteFacts: Sendable {
    func now() async -> SiteCondition
}
