//! Edits such as somebody makes in QGIS: names and places of single features, now of this layer and now of that.

use tokio_postgres::Client;

pub struct Editor(Client);

const OTHERS: [&str; 4] = ["townships", "roads", "prohibited_zones", "mining_rights"];

impl Editor {
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// The name that the mining block has after edit `number`.
    pub fn name(number: u64) -> String {
        format!("edit {number}.")
    }

    /// Renames a mining block, and moves a feature of another layer to and fro.
    pub async fn edit(&self, number: u64) {
        let other = OTHERS[number as usize % OTHERS.len()];
        let east = if number / OTHERS.len() as u64 % 2 == 0 { 0.001 } else { -0.001 };
        let statements = format!(
            "update plan.mining_blocks set name = '{}' where id = (select min(id) from plan.mining_blocks);
             update plan.{other} set geom = st_translate(geom, {east}, 0) where id = (select min(id) from plan.{other})",
            Self::name(number)
        );
        self.0.batch_execute(&statements).await.expect("an edit");
    }
}
