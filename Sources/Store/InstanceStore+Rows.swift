import Basics
import Domain
import SQLite

extension Instance {
    init(row: borrowing Row) throws(StoreError) {
        var basic: InstanceSettings.PageBasic?
        if let name = row.optionalText(9), let hash = row.optionalText(10) {
            basic = InstanceSettings.PageBasic(name: name, passwordHash: hash)
        }
        self.init(
            id: try row.id(0), organizationID: try row.id(1), teamID: try row.id(2),
            applicationID: try row.id(3), name: InstanceName(stored: row.text(4)),
            slug: Slug(stored: row.text(5)), desiredState: try row.word(6),
            stackID: try row.optionalID(7),
            settings: InstanceSettings(
                access: try row.word(8), pageBasic: basic, memoryLimitMB: row.int(11),
                cpuLimitPercent: row.optionalInt(12),
                timeZone: row.optionalText(13).map(TimeZoneName.init(stored:)),
                paletteInstall: row.bool(14), paletteUpload: row.bool(15),
                logLevel: try row.word(16), keepVersions: row.optionalInt(21),
                keepDays: row.optionalInt(22), filesQuotaMB: row.int(23),
                filesInVersions: row.bool(24), filesServed: row.bool(25)),
            port: row.optionalInt(17), createdAt: row.timestamp(18),
            lastDeployAt: row.optionalTimestamp(19), flowsRevision: try row.optionalAddress(20))
    }
}

enum InstanceSQL: String, CaseIterable {
    case get = "SELECT * FROM instance_row WHERE id = ?1"
    case bySlug = "SELECT * FROM instance_row WHERE slug = ?1"
    case all = "SELECT * FROM instance_row ORDER BY name, id"
    case list = """
        SELECT * FROM instance_row
        WHERE (?1 IS NULL OR (name, id) > (?1, ?2))
            AND (?3 IS NULL OR team_id = ?3) AND (?4 IS NULL OR application_id = ?4)
            AND (?5 IS NULL OR stack_id = ?5)
            AND (?6 IS NULL OR name LIKE ?6 ESCAPE '\\' OR slug LIKE ?6 ESCAPE '\\')
            AND (?7 IS NULL OR application_id IN (SELECT value FROM json_each(?7)))
        ORDER BY name, id LIMIT ?8
        """
    case count = """
        SELECT count(*) FROM instance_row
        WHERE (?1 IS NULL OR team_id = ?1) AND (?2 IS NULL OR application_id = ?2)
            AND (?3 IS NULL OR stack_id = ?3)
            AND (?4 IS NULL OR name LIKE ?4 ESCAPE '\\' OR slug LIKE ?4 ESCAPE '\\')
            AND (?5 IS NULL OR application_id IN (SELECT value FROM json_each(?5)))
        """
    case insert = """
        INSERT INTO instance (id, application_id, name, slug, desired_state, stack_id, access,
            page_basic_name, page_basic_hash, memory_limit_mb, cpu_limit_percent, time_zone,
            palette_install, palette_upload, log_level, credential_secret, page_secret, created_ms,
            keep_versions, keep_days, files_quota_mb, files_in_versions, files_served)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
            ?19, ?20, ?21, ?22, ?23)
        """
    case update = """
        UPDATE instance SET name = ?2, slug = ?3, stack_id = ?4, access = ?5, page_basic_name = ?6,
            page_basic_hash = ?7, memory_limit_mb = ?8, cpu_limit_percent = ?9, time_zone = ?10,
            palette_install = ?11, palette_upload = ?12, log_level = ?13, keep_versions = ?14,
            keep_days = ?15, files_quota_mb = ?16, files_in_versions = ?17, files_served = ?18
        WHERE id = ?1
        """
    case setDesiredState = "UPDATE instance SET desired_state = ?2 WHERE id = ?1"
    case delete = "DELETE FROM instance WHERE id = ?1"
    case nameTaken = """
        SELECT count(*) FROM instance WHERE application_id = ?1 AND name = ?2 AND id <> ?3
        """
    case slugTaken = "SELECT count(*) FROM instance WHERE slug = ?1 AND id <> ?2"
    case deployed = """
        UPDATE instance SET last_deploy_ms = ?2, flows_revision = ?3 WHERE id = ?1
        """
}
