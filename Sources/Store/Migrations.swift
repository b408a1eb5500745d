package import SQLite

/// Every step of both schemas, in order. A new step is one line here and one file.
package enum Migrations {
    /// `registry.db`: what must never be lost.
    package static let registry: [Migration] = [
        M0001_Site.migration, M0002_Teams.migration, M0003_Users.migration,
        M0004_Instances.migration, M0005_Versions.migration, M0006_Alarms.migration,
        M0007_Keeping.migration, M0008_FlowTests.migration, M0009_Devices.migration,
        M0010_Approvals.migration,
    ]

    /// `logs.db`: bounded history that may be thrown away.
    package static let logs: [Migration] = [
        L0001_Logs.migration
    ]
}
