enum DeploymentSQL: String, CaseIterable {
    case get = """
        SELECT d.id, organization_id, team_id, d.application_id, snapshot_id, window_id, d.name,
            plan, state, reason, d.created_ms, created_by, started_ms, finished_ms,
            snapshot.name, maintenance_window.name, created_by_user, warnings
        FROM deployment AS d JOIN application ON application.id = d.application_id
        JOIN team ON team.id = team_id JOIN snapshot ON snapshot.id = snapshot_id
        LEFT JOIN maintenance_window ON maintenance_window.id = window_id
        WHERE d.id = ?1
        """
    case list = """
        SELECT d.id, organization_id, team_id, d.application_id, snapshot_id, window_id, d.name,
            plan, state, reason, d.created_ms, created_by, started_ms, finished_ms,
            snapshot.name, maintenance_window.name, created_by_user, warnings
        FROM deployment AS d JOIN application ON application.id = d.application_id
        JOIN team ON team.id = team_id JOIN snapshot ON snapshot.id = snapshot_id
        LEFT JOIN maintenance_window ON maintenance_window.id = window_id
        WHERE (?1 IS NULL OR (d.created_ms, d.id) < (?1, ?2))
            AND (?3 IS NULL OR d.application_id = ?3)
            AND (?4 IS NULL OR EXISTS (SELECT 1 FROM deployment_device
                WHERE deployment_id = d.id AND device_id = ?4))
            AND (?5 IS NULL OR d.application_id IN (SELECT value FROM json_each(?5)))
            AND (?6 IS NULL OR d.name LIKE ?6 ESCAPE '\\')
        ORDER BY d.created_ms DESC, d.id DESC LIMIT ?7
        """
    case count = """
        SELECT count(*) FROM deployment AS d
        WHERE (?1 IS NULL OR application_id = ?1)
            AND (?2 IS NULL OR EXISTS (SELECT 1 FROM deployment_device
                WHERE deployment_id = d.id AND device_id = ?2))
            AND (?3 IS NULL OR application_id IN (SELECT value FROM json_each(?3)))
            AND (?4 IS NULL OR name LIKE ?4 ESCAPE '\\')
        """
    /// The oldest first.
    case active = """
        SELECT state, count(*) FROM deployment
        WHERE state NOT IN ('stopped', 'finished', 'cancelled')
            AND (?1 IS NULL OR application_id IN (SELECT value FROM json_each(?1)))
        GROUP BY state
        """
    case unfinished = """
        SELECT d.id, organization_id, team_id, d.application_id, snapshot_id, window_id, d.name,
            plan, state, reason, d.created_ms, created_by, started_ms, finished_ms,
            snapshot.name, maintenance_window.name, created_by_user, warnings
        FROM deployment AS d JOIN application ON application.id = d.application_id
        JOIN team ON team.id = team_id JOIN snapshot ON snapshot.id = snapshot_id
        LEFT JOIN maintenance_window ON maintenance_window.id = window_id
        WHERE state NOT IN ('stopped', 'finished', 'cancelled') OR EXISTS
            (SELECT 1 FROM deployment_device WHERE deployment_id = d.id
                AND deployment_device.state IN ('returning', 'sent', 'updating', 'busy'))
        ORDER BY d.created_ms, d.id
        """
    case steps = """
        SELECT name, state, verdict, reason, started_ms, settled_ms, finished_ms
        FROM deployment_group WHERE deployment_id = ?1 ORDER BY number
        """
    case counts = """
        SELECT deployment_id, group_number, state, count(*) FROM deployment_device
        WHERE deployment_id IN (SELECT value FROM json_each(?1)) GROUP BY 1, 2, 3
        """
    case allDevices = """
        SELECT device_id, group_number, state, text, attempts, revision, former_snapshot_id,
            changed_ms, sent_ms, fetched_ms, done_ms
        FROM deployment_device WHERE deployment_id = ?1 ORDER BY group_number, device_id
        """
    case devices = """
        SELECT device_id, group_number, state, text, attempts, deployment_device.revision,
            former_snapshot_id, changed_ms, sent_ms, fetched_ms, done_ms, device.name,
            snapshot.name
        FROM deployment_device JOIN device ON device.id = device_id
        LEFT JOIN snapshot ON snapshot.id = former_snapshot_id
        WHERE deployment_id = ?1
            AND (?2 IS NULL OR (group_number, device.name, device_id) > (?2, ?3, ?4))
            AND (?5 IS NULL OR state = ?5)
            AND (?6 IS NULL OR device.name LIKE ?6 ESCAPE '\\')
        ORDER BY group_number, device.name, device_id LIMIT ?7
        """
    case deviceCount = """
        SELECT count(*) FROM deployment_device JOIN device ON device.id = device_id
        WHERE deployment_id = ?1 AND (?2 IS NULL OR state = ?2)
            AND (?3 IS NULL OR device.name LIKE ?3 ESCAPE '\\')
        """
    case candidates = """
        SELECT device.id, name, agent, stack_id, group_id, (SELECT report ->> '$.architecture'
            FROM device_report WHERE device_id = device.id)
        FROM device
        WHERE application_id = ?1 AND (group_id IN (SELECT value FROM json_each(?2))
            OR device.id IN (SELECT value FROM json_each(?3)))
        ORDER BY name, device.id
        """
    case strangers = """
        SELECT value FROM json_each(?2)
        WHERE NOT EXISTS (SELECT 1 FROM device JOIN deployment
            ON deployment.application_id = device.application_id
            WHERE device.id = value AND deployment.id = ?1)
        """
    case claim = """
        SELECT deployment_id, window_id, deployment.state, deployment_device.attempts
        FROM deployment_device JOIN deployment ON deployment.id = deployment_id
        JOIN device ON device.id = device_id
        WHERE device_id = ?1 AND deployment_device.revision IS NOT NULL
            AND device.target_snapshot_id = deployment.snapshot_id
        ORDER BY deployment.created_ms DESC LIMIT 1
        """
    case measured = """
        SELECT coalesce(fetched_ms, done_ms) - sent_ms, done_ms - coalesce(fetched_ms, done_ms)
        FROM deployment_device JOIN deployment ON deployment.id = deployment_id
        WHERE application_id = ?1 AND deployment_device.state IN ('updated', 'superseded')
            AND sent_ms IS NOT NULL AND done_ms IS NOT NULL
        ORDER BY done_ms DESC LIMIT 200
        """
    case insert = """
        INSERT INTO deployment (id, application_id, snapshot_id, window_id, name, plan, state,
            reason, created_ms, created_by, started_ms, created_by_user, warnings)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """
    case update = """
        UPDATE deployment SET state = ?2, reason = ?3, started_ms = ?4, finished_ms = ?5
        WHERE id = ?1
        """
    case putStep = """
        INSERT INTO deployment_group (deployment_id, number, name, state, verdict, reason,
            started_ms, settled_ms, finished_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (deployment_id, number) DO UPDATE SET state = excluded.state,
            verdict = excluded.verdict, reason = excluded.reason,
            started_ms = excluded.started_ms, settled_ms = excluded.settled_ms,
            finished_ms = excluded.finished_ms
        """
    case insertDevice = """
        INSERT INTO deployment_device (deployment_id, device_id, group_number, state, attempts,
            changed_ms)
        VALUES (?1, ?2, ?3, ?4, 0, ?5)
        """
    case updateDevice = """
        UPDATE deployment_device SET group_number = ?3, state = ?4, text = ?5, attempts = ?6,
            revision = ?7, former_snapshot_id = ?8, changed_ms = ?9, sent_ms = ?10,
            fetched_ms = ?11, done_ms = ?12
        WHERE deployment_id = ?1 AND device_id = ?2
        """
    case standing = """
        SELECT device.application_id, device.revision,
            coalesce(device.target_snapshot_id, device_group.target_snapshot_id),
            device_group.target_snapshot_id, deployment_device.former_snapshot_id
        FROM device JOIN deployment_device ON device_id = device.id AND deployment_id = ?1
        LEFT JOIN device_group ON device_group.id = device.group_id
        WHERE device.id = ?2
        """
    case aim = "UPDATE device SET target_snapshot_id = ?2, revision = ?3 WHERE id = ?1"
    case sent = """
        UPDATE deployment_device SET revision = ?3, former_snapshot_id = ?4
        WHERE deployment_id = ?1 AND device_id = ?2
        """
    case recalled = """
        UPDATE deployment_device SET revision = ?3
        WHERE deployment_id = ?1 AND device_id = ?2 AND state = 'returning'
        """
    case adoptGroup = """
        UPDATE device_group SET target_snapshot_id = ?2
        WHERE id = ?1 AND application_id = ?3 AND target_snapshot_id IS NOT ?2
        """
    case adoptDevices = """
        UPDATE device SET target_snapshot_id = NULL
        WHERE group_id = ?1 AND target_snapshot_id = ?2
        """
}
