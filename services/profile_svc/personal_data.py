"""What of profile's tables is personal, and what an erasure does with it (P13): read by the job, the export, verify.

The file is emptied and its search rows go; its row stays, for what refers to it. Of a conversation the instant, the
channel and who of the company's own people had it stay, of a call its instants.
"""

from shared.erasure import Apart, PersonalData, Rows, emptied, nulled
from shared.erasure.declaration import SHARED

OF_CUSTOMER = "t.customer_id = any($1)"
# calls from a number that is nobody else's belong to the customer too, also those that were not known to be its
OF_CALLER = """t.customer_id = any($1) or t.number in (
    select e164 from customer_phone mine where mine.customer_id = any($1) and not exists (
        select from customer_phone other where other.e164 = mine.e164 and other.customer_id <> all($1)))"""

# a refused row names nobody, but what it said may be about whom another row of its file is of
OF_THEIR_IMPORTS = """t.outcome = 'refused' and t.import_id in (
    select r.import_id from import_row r where r.customer_id = any($1))"""

PERSONAL_DATA = PersonalData(
    "profile",
    {
        **SHARED,
        "call": Rows(
            OF_CALLER,
            blank=emptied("number"),
            # the exchange's words for the call and for who took it, which may be numbers
            renew={"call_id": "'erased-' || gen_random_uuid()", "agent": "null"},
        ),
        "import_row": Rows(
            OF_CUSTOMER,
            blank=nulled("before content detail"),
            codes="outcome code field reversal",
            along=OF_THEIR_IMPORTS,
        ),
        # a file that names an erased customer goes whole, and what was read out of it about its form
        "customer_import": Rows(
            f"t.id in (select import_id from import_row t where {OF_CUSTOMER})",
            blank=nulled("layout"),
            codes="owner encoding problem",
        ),
        # which fields of whom: the ids among the filters may name the customer
        "customer_export": Rows(
            """t.file_id::text in (
                select subject from access_trail a where a.customer_id = any($1) and a.action = 'exported')""",
            blank=nulled("layout"),
            codes="owner",
        ),
        "stored_file": Rows(
            f"""{OF_CUSTOMER} or t.id::text in (
                select subject from access_trail a where a.customer_id = any($1) and a.action = 'exported')
                or t.id in (
                select file_id from customer_import where id in (select import_id from import_row r
                where r.customer_id = any($1)))""",
            delete=True,
        ),
        "stored_part": Apart("pieces of files, which go with them", "sha256 key"),
        "removed_part": Apart("keys of bytes that are going", "key"),
        "customer_name": Rows(OF_CUSTOMER, delete=True),
        "customer_phone": Rows(OF_CUSTOMER, delete=True),
        "customer_email": Rows(OF_CUSTOMER, delete=True),
        "contact_log": Rows(
            OF_CUSTOMER,
            blank=emptied("summary next_step") | nulled("partner position outcome"),
            codes="channel employee_id next_step_owner recorded_by",
        ),
        "team_assignment": Rows(OF_CUSTOMER, blank=nulled("hand_over_note"), codes="employee_id role"),
        "person_export_part": Rows(
            "t.export_id in (select id from person_export where customer_id = any($1))", delete=True
        ),
        "customer": Rows(
            "t.id = any($1)",
            blank={"facts": "'{}'::jsonb", "kind": "'unknown'", "completeness": "0"},
        ),
        "customer_source": Rows(OF_CUSTOMER, codes="source"),
        "overview": Rows(
            OF_CUSTOMER,
            codes="""tier tier_kind account_manager open_warnings life_stage relationship account_classes
                     risk_flags""",
        ),
        "consent": Rows(OF_CUSTOMER, codes="purpose channel origin recorded_by"),
        # what a sender is asked to write, by codes and ids: the words are made when it is fetched
        "message_request": Rows(OF_CUSTOMER, codes="template purpose channel data occasion state reason"),
        "message_report": Rows(
            "t.message_id in (select id from message_request where customer_id = any($1))", codes="state recorded_by"
        ),
        "unit": Apart("the company's own units", "code name kind parent"),
        "case_copy": Rows(OF_CUSTOMER),
        "receivable_copy": Rows(OF_CUSTOMER),
        "group_membership": Rows(OF_CUSTOMER),
        "person_export": Rows(OF_CUSTOMER, codes="requested_by"),
        "erasure": Rows(OF_CUSTOMER, blank=nulled("person"), codes="person_kind reason requested_by"),
        "erasure_receipt": Rows(OF_CUSTOMER, codes="service stores"),
        "merge_decision": Apart(
            "of which field whose value counts, and who said so", "keep edited merged_by unmerged_by"
        ),
        "employee": Apart(
            "the company's own people, by its directory",
            "employee_id name phone_extension centre deputy_id unit skills subject languages",
        ),
    },
    mentions="""
        select id::text from unnest($1::uuid[]) as id
        union all select call_id from call where customer_id = any($1)
    """,
)
