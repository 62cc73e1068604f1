//! What other systems call the fields of a lead, and what we do.

use super::super::lead::{EMPLOYEES, INDUSTRY, JOB_TITLE};

/// Fields that have a column of their own.
pub const EMAIL: &str = "email";
pub const NAME: &str = "name";
pub const PHONE: &str = "phone";
pub const COMPANY: &str = "company";
pub const TERRITORY: &str = "territory";
pub const SOURCE: &str = "source";
pub const CAMPAIGN: &str = "campaign";
pub const COLUMNS: [&str; 7] = [EMAIL, NAME, PHONE, COMPANY, TERRITORY, SOURCE, CAMPAIGN];

/// Parts of a record that become something else than a field.
pub const ID: &str = "id";
pub const FIRST: &str = "first";
pub const LAST: &str = "last";
pub const CONSENT: &str = "consent";
pub const DO_NOT_CONTACT: &str = "do_not_contact";
pub const STAGE: &str = "stage";
pub const DELETED: &str = "deleted";
pub const ACTIVITY: &str = "activity";
pub const DETAIL: &str = "detail";
pub const AT: &str = "at";
pub const SINCE: &str = "since";

/// What we call a field, and what others do: HubSpot, Salesforce, and people with spreadsheets.
const NAMES: &[(&str, &[&str])] = &[
    (ID, &["id", "record_id", "lead_id", "contact_id", "external_id", "hs_object_id", "vid"]),
    (EMAIL, &["email", "e_mail", "email_address", "work_email"]),
    (FIRST, &["first_name", "firstname"]),
    (LAST, &["last_name", "lastname", "surname"]),
    (NAME, &["name", "full_name", "contact_name"]),
    (PHONE, &["phone", "phone_number", "mobile", "mobile_phone", "mobilephone"]),
    (COMPANY, &["company", "company_name", "associated_company", "account_name"]),
    (TERRITORY, &["territory", "country", "country_region", "country_code", "region"]),
    (
        SOURCE,
        &[
            "source",
            "lead_source",
            "leadsource",
            "original_source",
            "hs_analytics_source",
            "origin",
        ],
    ),
    (CAMPAIGN, &["campaign", "campaign_name", "utm_campaign", "original_source_drill_down_1"]),
    (CONSENT, &["consent", "marketing_consent", "opt_in", "email_opt_in"]),
    (
        DO_NOT_CONTACT,
        &[
            "do_not_contact",
            "unsubscribed_from_all_email",
            "hs_email_optout",
            "email_opt_out",
            "hasoptedoutofemail",
            "do_not_call",
            "donotcall",
            "opt_out",
            "unsubscribed",
        ],
    ),
    (STAGE, &["stage", "lifecycle_stage", "lifecyclestage", "status", "lead_status"]),
    (DELETED, &["deleted", "is_deleted", "isdeleted", "archived"]),
    (EMPLOYEES, &["employees", "number_of_employees", "numberofemployees", "company_size"]),
    (INDUSTRY, &["industry"]),
    (JOB_TITLE, &["job_title", "jobtitle", "title"]),
    (
        SINCE,
        &[
            "created",
            "created_at",
            "created_date",
            "createddate",
            "create_date",
            "createdate",
            "first_contact_date",
        ],
    ),
    (ACTIVITY, &["activity", "activity_type", "event", "event_type"]),
    (DETAIL, &["detail", "page", "path", "url", "subject", "form", "asset"]),
    (AT, &["at", "occurred_at", "time", "timestamp", "date", "activity_date"]),
];

pub fn known(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(known, _)| *known)
}

/// `number_of_employees`, of `Number of Employees`.
pub fn plain(name: &str) -> String {
    let words = name.trim().trim_start_matches('\u{feff}').to_lowercase();
    let plain: String =
        words.chars().map(|it| if it.is_alphanumeric() { it } else { '_' }).collect();
    plain.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}
